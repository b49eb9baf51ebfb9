import { json } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';

export const loader = () => json({ word: 'Hello' });

export default function Index() {
  return <h1>{useLoaderData<typeof loader>().word}</h1>;
}
