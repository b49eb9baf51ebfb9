import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import {
  allocationBody,
  computeUnitJson,
  hardwareJson,
  machineHeartbeatJson,
  machineJson,
  machineRegisterBody,
  machineRegisteredJson,
  machinesJson,
  maintenanceBody,
  unitStatusBody,
} from '#api/client/wire/machine';
import type { Services } from '#api/services/types';
import { actorOf, bearer, createRouter, jsonAnswer, jsonBody, machineOf, problems, type HttpApp } from '../context.ts';
import { creates } from '../idempotency.ts';
import { computeUnitToJson, hardwareFromJson, machineToJson } from '../to-json.ts';

const params = z.object({ id: z.string() });

const register = createRoute({
  method: 'post',
  path: '/api/machines/register',
  summary: 'Register a machine; the API key is shown this once',
  security: bearer,
  request: creates(machineRegisterBody),
  responses: { 201: jsonAnswer(machineRegisteredJson, 'Its id and API key'), ...problems },
});
const heartbeat = createRoute({
  method: 'post',
  path: '/api/machines/{id}/heartbeat',
  summary: 'The machine is alive (bearer: its API key)',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(machineHeartbeatJson, 'Heard'), ...problems },
});
const hardware = createRoute({
  method: 'put',
  path: '/api/machines/{id}/hardware',
  summary: 'The machine’s hardware has changed (bearer: its API key)',
  security: bearer,
  request: { params, ...jsonBody(z.object({ hardware: hardwareJson })) },
  responses: { 200: jsonAnswer(machineJson, 'The machine as it is now'), ...problems },
});
const list = createRoute({
  method: 'get',
  path: '/api/users/{id}/machines',
  summary: 'One’s machines with their compute units',
  security: bearer,
  request: { params },
  responses: { 200: jsonAnswer(machinesJson, 'The machines'), ...problems },
});
const allocation = createRoute({
  method: 'put',
  path: '/api/compute-units/{id}',
  summary: 'How much of a device may be used',
  security: bearer,
  request: { params, ...jsonBody(allocationBody) },
  responses: { 200: jsonAnswer(computeUnitJson, 'The unit as it is now'), ...problems },
});
const status = createRoute({
  method: 'put',
  path: '/api/compute-units/{id}/status',
  summary: 'Pause a device or put it back to work',
  security: bearer,
  request: { params, ...jsonBody(unitStatusBody) },
  responses: { 200: jsonAnswer(computeUnitJson, 'The unit as it is now'), ...problems },
});

const maintenance = createRoute({
  method: 'put',
  path: '/api/machines/{id}/maintenance',
  summary: 'Take a machine out of the market, or put it back',
  security: bearer,
  request: { params, ...jsonBody(maintenanceBody) },
  responses: { 200: jsonAnswer(machineJson, 'The machine as it is now'), ...problems },
});

export function machineRoutes(services: Services): HttpApp {
  const { machines } = services;
  return createRouter()
    .openapi(register, async (c) => {
      const { owner_id: ownerId, hostname, os, hardware: parts } = c.req.valid('json');
      const registered = await machines.register(await actorOf(services, c), { ownerId, hostname, os, hardware: hardwareFromJson(parts) });
      return c.json({ machine_id: registered.machineId, api_key: registered.apiKey }, 201);
    })
    .openapi(heartbeat, async (c) => {
      const heard = await machines.heartbeat(await machineOf(services, c), c.req.valid('param').id);
      return c.json({ status: heard.status, last_seen: heard.lastSeenAt.toISOString() }, 200);
    })
    .openapi(hardware, async (c) => {
      const parts = hardwareFromJson(c.req.valid('json').hardware);
      return c.json(machineToJson(await machines.updateHardware(await machineOf(services, c), c.req.valid('param').id, parts)), 200);
    })
    .openapi(list, async (c) => {
      const found = await machines.list(await actorOf(services, c), c.req.valid('param').id);
      return c.json({ machines: found.map(machineToJson) }, 200);
    })
    .openapi(allocation, async (c) => {
      const wanted = c.req.valid('json').allocation;
      const unit = await machines.setAllocation(await actorOf(services, c), c.req.valid('param').id, {
        vramAllocatedMb: wanted.vram_allocated_mb,
        vramReservedMb: wanted.vram_reserved_mb,
        coresAllocated: wanted.cores_allocated,
      });
      return c.json(computeUnitToJson(unit), 200);
    })
    .openapi(status, async (c) => {
      const unit = await machines.setUnitStatus(await actorOf(services, c), c.req.valid('param').id, c.req.valid('json').status);
      return c.json(computeUnitToJson(unit), 200);
    })
    .openapi(maintenance, async (c) => {
      const machine = await machines.setMaintenance(await actorOf(services, c), c.req.valid('param').id, c.req.valid('json').maintenance);
      return c.json(machineToJson(machine), 200);
    });
}
