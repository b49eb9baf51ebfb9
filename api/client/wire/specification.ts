import { z } from 'zod';
import type { JobSpecification } from '#api/services/types';
import type { Specification } from '../types.ts';
import { hyperParametersFromJson, hyperParametersJson, hyperParametersToJson } from './hyper-parameters.ts';

export const specificationJson = z.object({
  graph_json: z.string(),
  dataset_cid: z.string(),
  hyper_parameters: hyperParametersJson,
  device_class: z.string(),
  deadline_ms: z.number(),
});

export function specificationToJson(specification: Specification): z.input<typeof specificationJson> {
  return {
    graph_json: specification.graphJson,
    dataset_cid: specification.datasetCid,
    hyper_parameters: hyperParametersToJson(specification.hyperParameters),
    device_class: specification.deviceClass,
    deadline_ms: specification.deadlineMs,
  };
}

/** Unchecked beyond its names and types: the services check everything, whichever edge it came through. */
export function specificationFromJson(json: z.output<typeof specificationJson>): JobSpecification {
  return {
    graphJson: json.graph_json,
    datasetCid: json.dataset_cid,
    hyperParameters: hyperParametersFromJson(json.hyper_parameters),
    deviceClass: json.device_class,
    deadlineMs: json.deadline_ms,
  };
}
