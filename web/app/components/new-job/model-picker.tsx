import { useMemo, useState } from 'react';
import type { DatasetView } from '#api/services/types';
import { isImageShape, isPresetId, OWN_GRAPH, presetGraphJson, presetProblem, PRESETS, presetTargets } from '../../lib/presets.ts';
import type { Wire } from '../../lib/wire.ts';
import { TextField } from '../ui/field.tsx';
import { LayerTable } from './layer-table.tsx';

interface ModelPickerProps {
  readonly dataset: Wire<DatasetView> | undefined;
  readonly model: string;
  readonly graph: string;
  readonly error: string | undefined;
}

/** A model to start from, or a pasted graph; below it the layers with their shapes, as far as they fit. */
export function ModelPicker({ dataset, model, graph, error }: ModelPickerProps) {
  const [chosen, setChosen] = useState(model);
  const [text, setText] = useState(graph);
  const choices = PRESETS.filter(({ imagesOnly }) => !imagesOnly || (dataset !== undefined && isImageShape(dataset.sampleShape)));
  const reason = dataset === undefined ? null : presetProblem(dataset);
  const graphJson = useMemo(
    () => (dataset !== undefined && isPresetId(chosen) ? presetGraphJson(chosen, dataset.sampleShape, presetTargets(dataset)) : text),
    [dataset, chosen, text],
  );
  return (
    <div className="group/model space-y-4">
      <div className="grid gap-2 sm:grid-cols-2">
        {choices.map(({ id, name, about }) => (
          <Choice key={id} value={id} name={name} about={about} checked={chosen === id} onChoose={setChosen} />
        ))}
        <Choice
          value={OWN_GRAPH}
          name="Your own graph"
          about="Paste the JSON that the Engine or the SDK wrote."
          checked={chosen === OWN_GRAPH}
          onChoose={setChosen}
        />
      </div>
      {reason !== null && <p className="text-xs text-muted">None of the models above fits this dataset: {reason}.</p>}
      {/* By CSS, so that it opens without JavaScript too. */}
      <div className="hidden group-has-[[value=own]:checked]/model:block">
        <TextField
          label="Model graph (JSON)"
          name="graph"
          rows={10}
          spellCheck={false}
          className="figure text-xs"
          defaultValue={graph}
          onChange={(event) => setText(event.target.value)}
          error={error}
        />
      </div>
      {error !== undefined && chosen !== OWN_GRAPH && (
        <p role="alert" className="text-xs text-failed">
          {error}
        </p>
      )}
      <LayerTable graphJson={graphJson} />
    </div>
  );
}

interface ChoiceProps {
  readonly value: string;
  readonly name: string;
  readonly about: string;
  readonly checked: boolean;
  readonly onChoose: (value: string) => void;
}

function Choice({ value, name, about, checked, onChoose }: ChoiceProps) {
  return (
    <label className="flex cursor-pointer gap-3 rounded-md border p-3 has-checked:border-accent has-checked:bg-sunken/60 hover:border-line-strong">
      <input
        type="radio"
        name="model"
        value={value}
        defaultChecked={checked}
        onChange={() => onChoose(value)}
        className="mt-1 size-4 shrink-0 accent-accent"
      />
      <span>
        <span className="block font-medium">{name}</span>
        <span className="block text-xs text-muted">{about}</span>
      </span>
    </label>
  );
}
