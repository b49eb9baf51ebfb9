import { describe, expect, it } from 'vitest';
import { hardwareSchema } from '#core/hardware/inventory';
import { parseCudaVersion } from '#engine/node/device-benchmark/machine';
import { ownDeviceClasses } from './hardware.ts';
import { idleGpuWords, readHardware } from './read-hardware.ts';
import { APPLE_LAPTOP, GEFORCE_DESKTOP, NVIDIA_SMI_HEAD, RADEON_DESKTOP, TWO_SOCKET_SERVER, UNEQUAL_CARDS } from './testing/machines.ts';

describe('the hardware of', () => {
  it('a desktop with an NVIDIA card', () => {
    const hardware = readHardware(GEFORCE_DESKTOP);
    expect(hardware).toEqual({
      cpus: [{ name: 'Intel Core™ i7-12700K', cores: 12, threads: 20 }],
      gpus: [{ deviceId: 0, name: 'NVIDIA GeForce RTX 4090', vramMb: 24_564, cudaVersion: '12.4' }],
      ramTotalMb: 65_059,
      instructionSet: 'avx2',
      idleGpus: [],
    });
    expect(ownDeviceClasses(hardware, true)[0]).toBe('cuda.24g');
  });

  it('two unequal cards: one unit each, in the order of the bus', () => {
    const hardware = readHardware(UNEQUAL_CARDS);
    expect(hardware.gpus.map(({ deviceId, name, vramMb }) => [deviceId, name, vramMb])).toEqual([
      [0, 'NVIDIA GeForce RTX 3060', 12_288],
      [1, 'NVIDIA RTX 6000 Ada Generation', 49_140],
    ]);
    // Of the one device that reaches it: memory of two is not added up.
    expect(ownDeviceClasses(hardware, true)[0]).toBe('cuda.48g');
  });

  it('a desktop with an AMD card, which is named and not offered', () => {
    const hardware = readHardware(RADEON_DESKTOP);
    expect(hardware).toMatchObject({ gpus: [], instructionSet: 'avx512' });
    expect(hardware.idleGpus).toEqual([
      { maker: 'AMD', name: 'Navi 31 [Radeon RX 7900 XTX]', memoryMb: 24_576, unifiedMemory: false },
      { maker: 'AMD', name: 'Raphael', memoryMb: 512, unifiedMemory: true },
    ]);
    expect(idleGpuWords(hardware.idleGpus[0]!)).toContain('no binding for ROCm');
    expect(ownDeviceClasses(hardware, true)).toEqual(['cpu']);
  });

  it('a Mac, whose GPU shares the memory', () => {
    const hardware = readHardware(APPLE_LAPTOP);
    expect(hardware).toMatchObject({ cpus: [{ name: 'Apple M3 Max', cores: 16, threads: 16 }], gpus: [], instructionSet: 'neon' });
    expect(hardware.idleGpus).toEqual([{ maker: 'Apple', name: 'Apple M3 Max', memoryMb: 65_536, unifiedMemory: true }]);
    expect(idleGpuWords(hardware.idleGpus[0]!)).toContain('Metal');
  });

  it('a server with two processors', () => {
    const socket = { name: 'Intel Xeon® Platinum 8380', cores: 40, threads: 80 };
    expect(readHardware(TWO_SOCKET_SERVER)).toMatchObject({ cpus: [socket, socket], gpus: [], idleGpus: [], instructionSet: 'avx512' });
  });

  it.each([GEFORCE_DESKTOP, UNEQUAL_CARDS, RADEON_DESKTOP, APPLE_LAPTOP, TWO_SOCKET_SERVER])('any machine is something that can be registered', (readings) => {
    expect(hardwareSchema.safeParse(readHardware(readings)).success).toBe(true);
  });

  it('a card without its driver, and a machine that tells next to nothing', () => {
    const { memoryTotal: _, ...card } = GEFORCE_DESKTOP.controllers[1]!;
    expect(readHardware({ ...GEFORCE_DESKTOP, controllers: [card] }).gpus).toEqual([]);
    const processor = { manufacturer: '', brand: '', processors: 0, physicalCores: 0, cores: 0, flags: '' };
    const bare = readHardware({ processor, controllers: [{}], memoryBytes: 0, architecture: 'x64', kernelFlags: [], cudaVersion: '' });
    expect(bare).toEqual({ cpus: [{ name: 'CPU', cores: 1, threads: 1 }], gpus: [], ramTotalMb: 1, instructionSet: undefined, idleGpus: [] });
  });
});

it('the CUDA version stands in the head of what the driver’s tool prints', () => {
  expect(parseCudaVersion(NVIDIA_SMI_HEAD)).toBe('12.4');
  expect(parseCudaVersion('NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.')).toBe('');
  expect(readHardware({ ...GEFORCE_DESKTOP, cudaVersion: '' }).gpus[0]!.cudaVersion).toBe('unknown');
});
