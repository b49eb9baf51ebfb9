import { status } from '@grpc/grpc-js';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Connections } from './connections.ts';

/** What operators get to see of the gateway, in Prometheus' text format. No node, queue or token is ever a label. */
export interface GatewayMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** One call of an allowed method has begun. */
  begin(call: { readonly method: string; readonly longPoll: boolean; readonly requestBytes: number }): CallMeter;
  /** A call was refused here, for a code of the error table. */
  refused(reason: string): void;
  watch(connections: Connections): void;
}

export interface CallMeter {
  /** Ends with what the node was answered. @param upstreamMs how long Temporal took of it. */
  end(answer: { readonly code: status; readonly bytes: number; readonly upstreamMs: number }): void;
}

const SECONDS = [0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.05, 0.1, 0.5, 1, 5, 30, 70];

export function createGatewayMetrics(): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({ name: 'cyxwiz_gateway_calls_total', help: 'Calls of nodes, by method and gRPC status', labelNames: ['method', 'code'], registers });
  const refusals = new Counter({ name: 'cyxwiz_gateway_refused_total', help: 'Calls that the gateway itself refused, by reason', labelNames: ['reason'], registers });
  const bytes = new Counter({ name: 'cyxwiz_gateway_bytes_total', help: 'Bytes of messages, from nodes (in) and to them (out)', labelNames: ['direction'], registers });
  const inFlight = new Gauge({ name: 'cyxwiz_gateway_calls_in_flight', help: 'Calls that are not answered yet, polls among them', registers });
  const polls = new Gauge({ name: 'cyxwiz_gateway_polls_in_flight', help: 'Polls that wait for a task', registers });
  const latency = new Histogram({ name: 'cyxwiz_gateway_call_seconds', help: 'Time until a call was answered', labelNames: ['method'], buckets: SECONDS, registers });
  const added = new Histogram({ name: 'cyxwiz_gateway_added_seconds', help: 'The part of it that was not Temporal’s', labelNames: ['method'], buckets: SECONDS, registers });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    begin({ method, longPoll, requestBytes }) {
      const startedMs = performance.now();
      bytes.inc({ direction: 'in' }, requestBytes);
      inFlight.inc();
      if (longPoll) polls.inc();
      return {
        end(answer) {
          const tookMs = performance.now() - startedMs;
          inFlight.dec();
          if (longPoll) polls.dec();
          bytes.inc({ direction: 'out' }, answer.bytes);
          calls.inc({ method, code: status[answer.code] });
          latency.observe({ method }, tookMs / 1_000);
          added.observe({ method }, Math.max(0, tookMs - answer.upstreamMs) / 1_000);
        },
      };
    },
    refused: (reason) => refusals.inc({ reason }),
    watch(connections) {
      new Gauge({
        name: 'cyxwiz_gateway_connections',
        help: 'Open connections, of nodes that are known and of callers that are not yet',
        labelNames: ['who'],
        registers,
        collect() {
          const { known, unknown } = connections.counts();
          this.set({ who: 'node' }, known);
          this.set({ who: 'unknown' }, unknown);
        },
      });
      new Gauge({ name: 'cyxwiz_gateway_connections_dropped', help: 'Connections that were ended here since the start', registers, collect: function () { this.set(connections.dropped); } });
    },
  };
}
