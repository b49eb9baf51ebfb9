export default function Page() { return <p>wallet</p>; }
