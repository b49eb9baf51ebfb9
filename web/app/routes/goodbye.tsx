import type { MetaFunction } from '@remix-run/node';
import { LinkButton } from '../components/ui/button.tsx';
import { Page } from '../components/ui/page.tsx';

export const meta: MetaFunction = () => [{ title: 'Goodbye · CyxWiz' }];

/** Where who has deleted their account ends up; knows nobody. */
export default function Goodbye() {
  return (
    <Page
      title="Your account is being deleted"
      narrow
      intro="Nobody gets in any more. Within a minute its keys are destroyed and your name is gone; if a job of yours was submitted at the very last moment, the account stays and you can log in again."
    >
      <LinkButton to="/">To the start page</LinkButton>
    </Page>
  );
}
