export default function Page() { return <p>landing</p>; }
