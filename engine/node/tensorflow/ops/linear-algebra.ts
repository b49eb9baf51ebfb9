import type { LinearAlgebraOps, MatMulOptions, Window } from '../../../ops/ops.ts';
import { attr, type GraphTensor } from '../graph-builder.ts';
import type { AttrValue } from '../saved-model.ts';
import { typeOf, type GraphContext } from './context.ts';

function multiply({ builder }: GraphContext, a: GraphTensor, b: GraphTensor, transposeA: boolean, transposeB: boolean): GraphTensor {
  const [rows, columns] = [a.sides.at(transposeA ? -1 : -2) as number, b.sides.at(transposeB ? -2 : -1) as number];
  const output = { sides: [...a.sides.slice(0, -2), rows, columns], dtype: a.dtype };
  if (a.sides.length === 2) return builder.one('MatMul', [a, b], output, { ...typeOf(a), transpose_a: attr.bool(transposeA), transpose_b: attr.bool(transposeB) });
  return builder.one('BatchMatMulV2', [a, b], output, { ...typeOf(a), adj_x: attr.bool(transposeA), adj_y: attr.bool(transposeB) });
}

/** The product rule, with the transpositions of the product itself taken into account. */
function matMul(context: GraphContext, a: GraphTensor, b: GraphTensor, { transposeA = false, transposeB = false }: MatMulOptions): GraphTensor {
  const y = multiply(context, a, b, transposeA, transposeB);
  return context.tape.record([a, b], y, [
    (dy) => (transposeA ? multiply(context, b, dy, transposeB, true) : multiply(context, dy, b, false, !transposeB)),
    (dy) => (transposeB ? multiply(context, dy, a, true, transposeA) : multiply(context, a, dy, !transposeA, false)),
  ]);
}

type WindowAttrs = Record<'T' | 'strides' | 'padding', AttrValue>;

function windowAttrs(x: GraphTensor, { strides, padding }: Omit<Window, 'size'>): WindowAttrs {
  return { ...typeOf(x), strides: attr.ints([1, ...strides, 1]), padding: attr.text(padding.toUpperCase()) };
}

function windowedSide(side: number, size: number, stride: number, padding: Window['padding']): number {
  return padding === 'same' ? Math.ceil(side / stride) : Math.floor((side - size) / stride) + 1;
}

/** Of images [batch, height, width, …] after a window has gone over them. */
function imageSides(x: GraphTensor, { size, strides, padding }: Window, channels: number): number[] {
  const [batch, height, width] = x.sides as [number, number, number];
  return [batch, windowedSide(height, size[0], strides[0], padding), windowedSide(width, size[1], strides[1], padding), channels];
}

interface ConvolutionNames {
  readonly forward: string;
  readonly byInput: string;
  readonly byKernel: string;
}

const CONVOLUTION: ConvolutionNames = { forward: 'Conv2D', byInput: 'Conv2DBackpropInput', byKernel: 'Conv2DBackpropFilter' };
const DEPTHWISE: ConvolutionNames = {
  forward: 'DepthwiseConv2dNative',
  byInput: 'DepthwiseConv2dNativeBackpropInput',
  byKernel: 'DepthwiseConv2dNativeBackpropFilter',
};

function convolve(context: GraphContext, names: ConvolutionNames, x: GraphTensor, kernel: GraphTensor, options: Omit<Window, 'size'>): GraphTensor {
  const { builder } = context;
  const [height, width, inner, outer] = kernel.sides as [number, number, number, number];
  const attrs = windowAttrs(x, options);
  const channels = names === DEPTHWISE ? inner * outer : outer;
  const y = builder.one(names.forward, [x, kernel], { sides: imageSides(x, { ...options, size: [height, width] }, channels), dtype: x.dtype }, attrs);
  return context.tape.record([x, kernel], y, [
    (dy) => builder.one(names.byInput, [builder.shapeOf(x), kernel, dy], { sides: x.sides, dtype: x.dtype }, attrs),
    (dy) => builder.one(names.byKernel, [x, builder.int32(kernel.sides), dy], { sides: kernel.sides, dtype: x.dtype }, attrs),
  ]);
}

export function linearAlgebraOps(context: GraphContext): LinearAlgebraOps<GraphTensor> {
  const { builder, tape } = context;
  const pooling = (x: GraphTensor, window: Window) => ({
    attrs: { ...windowAttrs(x, window), ksize: attr.ints([1, ...window.size, 1]) },
    output: { sides: imageSides(x, window, x.sides[3] as number), dtype: x.dtype },
  });
  return {
    matMul: (a, b, options = {}) => matMul(context, a, b, options),
    conv2d: (x, kernel, options) => convolve(context, CONVOLUTION, x, kernel, options),
    depthwiseConv2d: (x, kernel, options) => convolve(context, DEPTHWISE, x, kernel, options),
    maxPool(x, window) {
      const { attrs, output } = pooling(x, window);
      const y = builder.one('MaxPool', [x], output, attrs);
      return tape.record([x], y, [(dy) => builder.one('MaxPoolGrad', [x, y, dy], { sides: x.sides, dtype: x.dtype }, attrs)]);
    },
    avgPool(x, window) {
      const { attrs, output } = pooling(x, window);
      const y = builder.one('AvgPool', [x], output, attrs);
      return tape.record([x], y, [(dy) => builder.one('AvgPoolGrad', [builder.shapeOf(x), dy], { sides: x.sides, dtype: x.dtype }, attrs)]);
    },
  };
}
