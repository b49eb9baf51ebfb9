export default function Page() { return <p>nodes</p>; }
