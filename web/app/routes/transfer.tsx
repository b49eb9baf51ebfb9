export default function Page() { return <p>transfer</p>; }
