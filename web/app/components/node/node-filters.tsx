import { Form, useSubmit } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { NODE_SORTS } from '../../lib/node-value.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { Field, SelectField } from '../ui/field.tsx';

interface NodeFiltersProps {
  readonly classes: readonly string[];
  /** As the address has it. */
  readonly asked: Readonly<Record<string, string>>;
}

/** What a node has to be. The address keeps it, so that a search can be passed on and works without JavaScript. */
export function NodeFilters({ classes, asked }: NodeFiltersProps) {
  const submit = useSubmit();
  const form = useRef<HTMLFormElement>(null);
  const address = JSON.stringify(asked);
  // Going back, or clearing, changes the address, and the form follows.
  useEffect(() => {
    for (const field of form.current?.elements ?? []) {
      if (field instanceof HTMLSelectElement) field.value = asked[field.name] ?? field.options[0]!.value;
      else if (field instanceof HTMLInputElement && field.type === 'checkbox') field.checked = asked[field.name] === field.value;
      else if (field instanceof HTMLInputElement) field.value = asked[field.name] ?? '';
    }
    // `asked` is made anew with every refresh, and what is typed meanwhile stays.
  }, [address]);
  const number = { type: 'number', min: 0, step: 'any', inputMode: 'decimal', placeholder: 'any' } as const;
  return (
    <Form
      method="get"
      aria-label="Filter the nodes"
      ref={form}
      // Choices show at once; what is typed shows with Enter.
      onChange={(event) => {
        if (!isTyping(event.target)) submit(event.currentTarget, { replace: true, preventScrollReset: true });
      }}
      className="mb-4 rounded-lg border bg-panel p-4 sm:p-5"
    >
      <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3 lg:grid-cols-6">
        <SelectField label="Device class" name="class" defaultValue={asked['class'] ?? ''}>
          <option value="">any</option>
          {classes.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </SelectField>
        <Field label="Memory from" name="memory" unit="GB" {...number} defaultValue={asked['memory']} />
        <Field label="Speed from" name="speed" unit="/s" {...number} defaultValue={asked['speed']} />
        <Field label="Price up to" name="price" unit="/h" {...number} defaultValue={asked['price']} />
        <Field label="Reliability from" name="reliability" unit="%" {...number} max={100} defaultValue={asked['reliability']} />
        <SelectField label="Order" name="sort" defaultValue={asked['sort'] ?? 'value'}>
          {Object.entries(NODE_SORTS).map(([sort, words]) => (
            <option key={sort} value={sort}>
              {words}
            </option>
          ))}
        </SelectField>
      </div>
      <div className="mt-4 flex flex-wrap items-center justify-between gap-3">
        <label className="flex items-center gap-2">
          <input type="checkbox" name="free" value="1" defaultChecked={asked['free'] === '1'} className="size-4 accent-accent" />
          Free now
        </label>
        <div className="flex gap-2">
          {Object.keys(asked).length > 0 && (
            <LinkButton to="/nodes" look="quiet">
              Clear
            </LinkButton>
          )}
          <Button>Show</Button>
        </div>
      </div>
    </Form>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'number';
}
