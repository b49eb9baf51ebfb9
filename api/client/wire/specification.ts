import { z } from 'zod';
import { deviceClassSchema } from '#core/hardware/device-class';
import { cidText } from '#core/input/ids';
import { deadlineField } from '#core/job/submission-fields';
import type { JobSpecification } from '#api/services/types';
import type { Specification } from '../types.ts';
import { hyperParametersFromJson, hyperParametersJson, hyperParametersToJson } from './hyper-parameters.ts';

export const specificationJson = z.object({
  graph_json: z.string().min(1),
  dataset_cid: cidText,
  hyper_parameters: hyperParametersJson,
  device_class: deviceClassSchema,
  deadline_ms: deadlineField,
});

export function specificationToJson(specification: JobSpecification): z.output<typeof specificationJson>;
export function specificationToJson(specification: Specification): z.input<typeof specificationJson>;
export function specificationToJson(specification: Specification): z.input<typeof specificationJson> {
  return {
    graph_json: specification.graphJson,
    dataset_cid: specification.datasetCid,
    hyper_parameters: hyperParametersToJson(specification.hyperParameters),
    device_class: specification.deviceClass,
    deadline_ms: specification.deadlineMs,
  };
}

/** The services check it again, whichever edge it came through. */
export function specificationFromJson(json: z.output<typeof specificationJson>): JobSpecification {
  return {
    graphJson: json.graph_json,
    datasetCid: json.dataset_cid,
    hyperParameters: hyperParametersFromJson(json.hyper_parameters),
    deviceClass: json.device_class,
    deadlineMs: json.deadline_ms,
  };
}
