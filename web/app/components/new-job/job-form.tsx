import { Form, useNavigation } from '@remix-run/react';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { DatasetView } from '#api/services/types';
import { OPTIMIZERS } from '#core/graph/hyper-parameters';
import type { FormProblem } from '../../lib/errors.server.ts';
import { countText, sizeText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Button } from '../ui/button.tsx';
import { Field, SelectField, TextField } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { ModelPicker } from './model-picker.tsx';

interface JobFormProps {
  readonly datasets: readonly Wire<DatasetView>[];
  readonly deviceClasses: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly problem: FormProblem | null;
  /** Some value is no longer what the plan was made for. */
  readonly onChange: () => void;
}

/** Data, model, learning, hardware. Errors stand at their field. */
export function JobForm({ datasets, deviceClasses, values, problem, onChange }: JobFormProps) {
  const [datasetCid, setDatasetCid] = useState(values.dataset ?? '');
  const dataset = datasets.find(({ cid }) => cid === datasetCid) ?? datasets[0];
  const fields = problem?.fields ?? {};
  const busy = useNavigation().formData?.get('intent') === 'quote';
  const changed = (event: FormEvent<HTMLFormElement>): void => {
    onChange();
    if (event.target instanceof HTMLSelectElement && event.target.name === 'dataset') setDatasetCid(event.target.value);
  };
  return (
    <Form method="post" onChange={changed} className="divide-y rounded-lg border bg-panel" noValidate>
      {problem !== null && Object.keys(fields).length === 0 && (
        <div className="p-4 sm:p-5">
          <Notice kind="problem">{problem.message}</Notice>
        </div>
      )}
      <Group title="Data">
        <SelectField label="Dataset" name="dataset" defaultValue={values.dataset} error={fields.dataset} hint={dataset && datasetFacts(dataset)}>
          {datasets.map(({ cid, name }) => (
            <option key={cid} value={cid}>
              {name}
            </option>
          ))}
        </SelectField>
      </Group>
      <Group title="Model">
        <ModelPicker dataset={dataset} model={values.model ?? ''} graph={values.graph ?? ''} error={fields.graph} />
      </Group>
      <LearningFields values={values} fields={fields} />
      <HardwareFields values={values} fields={fields} deviceClasses={deviceClasses} />
      <div className="flex justify-end p-4 sm:px-5">
        <Button look="primary" name="intent" value="quote" className="h-10 w-full sm:w-auto" disabled={busy}>
          {busy ? 'Asking for the price…' : 'Get the price'}
        </Button>
      </div>
    </Form>
  );
}

interface FieldsProps {
  readonly values: Readonly<Record<string, string>>;
  /** Texts of the fields at fault. */
  readonly fields: Readonly<Record<string, string>>;
}

function LearningFields({ values, fields }: FieldsProps) {
  return (
    <Group title="Learning">
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        <Field label="Epochs" name="epochs" inputMode="numeric" defaultValue={values.epochs} error={fields.epochs} />
        <Field label="Batch size" name="batchSize" inputMode="numeric" defaultValue={values.batchSize} error={fields.batchSize} />
        <Field label="Learning rate" name="learningRate" inputMode="decimal" defaultValue={values.learningRate} error={fields.learningRate} />
        <SelectField label="Optimiser" name="optimizer" defaultValue={values.optimizer} error={fields.optimizer}>
          {OPTIMIZERS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <Field label="Seed" name="seed" inputMode="numeric" defaultValue={values.seed} error={fields.seed} />
      </div>
      <details className="mt-4" open={fields.advanced !== undefined || (values.advanced ?? '') !== ''}>
        <summary className="cursor-pointer text-sm font-medium">Advanced</summary>
        <div className="mt-3">
          <TextField
            label="More hyper-parameters (JSON)"
            name="advanced"
            rows={5}
            spellCheck={false}
            className="figure text-xs"
            defaultValue={values.advanced}
            error={fields.advanced}
          />
          <p className="mt-1 text-xs text-muted">
            schedule, warmUpSteps, clipNorm or clipValue, weightDecay, and the optimiser’s own momentum, rho, beta1, beta2, epsilon.
          </p>
        </div>
      </details>
    </Group>
  );
}

function HardwareFields({ values, fields, deviceClasses }: FieldsProps & Pick<JobFormProps, 'deviceClasses'>) {
  return (
    <Group title="Hardware and time">
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          // Remade where the plan chose another class.
          key={values.deviceClass}
          label="Device class"
          name="deviceClass"
          defaultValue={values.deviceClass}
          error={fields.deviceClass}
          hint="Classes that registered nodes offer."
        >
          {deviceClasses.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <Field
          label="Deadline"
          name="deadlineMinutes"
          inputMode="numeric"
          unit="minutes"
          defaultValue={values.deadlineMinutes}
          error={fields.deadlineMinutes}
          hint="The price is a cap for this time."
        />
      </div>
    </Group>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="p-4 sm:p-5">
      <legend className="float-left mb-4 w-full text-sm font-semibold">{title}</legend>
      <div className="clear-left">{children}</div>
    </fieldset>
  );
}

function datasetFacts({ samples, heldOutSamples, sizeBytes, sampleShape, classes, targetWidth }: Wire<DatasetView>): string {
  const shape = sampleShape.join(' × ');
  const targets = classes > 0 ? `in ${classes} classes` : `with ${targetWidth ?? 'some'} number${targetWidth === 1 ? '' : 's'} each to predict`;
  return `${countText(samples)} samples of ${shape} ${targets}, ${countText(heldOutSamples)} held out for the check, ${sizeText(sizeBytes)}`;
}
