import type { HardwareReadings } from '../read-hardware.ts';

// What `systeminformation` gives on machines of each kind, cut down to what is read.

const GIB = 1024 ** 3;
const AVX2 = 'fpu vme sse sse2 ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe popcnt aes avx f16c rdrand bmi1 avx2 bmi2'.split(' ');
const AVX512 = [...AVX2, 'avx512f', 'avx512dq', 'avx512cd', 'avx512bw', 'avx512vl', 'avx512_vnni'];

/** A desktop with one GeForce beside the processor's own graphics. */
export const GEFORCE_DESKTOP: HardwareReadings = {
  processor: { manufacturer: 'Intel', brand: 'Core™ i7-12700K', processors: 1, physicalCores: 12, cores: 20, flags: '' },
  controllers: [
    { vendor: 'Intel Corporation', subVendor: 'Gigabyte', model: 'AlderLake-S GT1', bus: 'Onboard', busAddress: '00:02.0', vram: 256, vramDynamic: false, pciID: '4680' },
    {
      vendor: 'NVIDIA Corporation',
      model: 'AD102 [GeForce RTX 4090]',
      bus: '',
      busAddress: '01:00.0',
      vram: 24_564,
      vramDynamic: false,
      driverVersion: '550.120',
      subDeviceId: '0x16F310DE',
      name: 'NVIDIA GeForce RTX 4090',
      pciBus: '00000000:01:00.0',
      memoryTotal: 24_564,
      memoryUsed: 1_203,
      memoryFree: 22_900,
    },
  ],
  memoryBytes: 64 * GIB - 500_000_000,
  architecture: 'x64',
  kernelFlags: AVX2,
  cudaVersion: '12.4',
};

/** What stands in the head of `nvidia-smi`. */
export const NVIDIA_SMI_HEAD = `Mon Nov 30 05:18:42 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.120                Driver Version: 550.120        CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+`;

/** A workstation with a small card in the first slot and a large one in the second, listed the other way round. */
export const UNEQUAL_CARDS: HardwareReadings = {
  ...GEFORCE_DESKTOP,
  controllers: [
    { vendor: 'NVIDIA Corporation', model: 'AD102GL [RTX 6000 Ada Generation]', busAddress: '65:00.0', vram: 49_140, vramDynamic: false, name: 'NVIDIA RTX 6000 Ada Generation', pciBus: '00000000:65:00.0', memoryTotal: 49_140 },
    { vendor: 'NVIDIA Corporation', model: 'GA106 [GeForce RTX 3060]', busAddress: '17:00.0', vram: 12_288, vramDynamic: false, name: 'NVIDIA GeForce RTX 3060', pciBus: '00000000:17:00.0', memoryTotal: 12_288 },
  ],
};

/** Radeon and Ryzen, with the graphics of the processor. */
export const RADEON_DESKTOP: HardwareReadings = {
  processor: { manufacturer: 'AMD', brand: 'Ryzen 9 7950X 16-Core Processor', processors: 1, physicalCores: 16, cores: 32, flags: '' },
  controllers: [
    { vendor: 'Advanced Micro Devices, Inc. [AMD/ATI]', subVendor: 'Sapphire Technology Limited', model: 'Navi 31 [Radeon RX 7900 XTX]', bus: '', busAddress: '03:00.0', vram: 24_576, vramDynamic: false, pciID: '744c' },
    { vendor: 'Advanced Micro Devices, Inc. [AMD/ATI]', model: 'Raphael', bus: 'Onboard', busAddress: '0f:00.0', vram: 512, vramDynamic: true, pciID: '164e' },
  ],
  memoryBytes: 32 * GIB - 900_000_000,
  architecture: 'x64',
  kernelFlags: AVX512,
  cudaVersion: '',
};

/** A MacBook: the GPU is in the processor and shares its memory. */
export const APPLE_LAPTOP: HardwareReadings = {
  processor: { manufacturer: 'Apple', brand: 'M3 Max', processors: 1, physicalCores: 16, cores: 16, flags: '' },
  controllers: [{ vendor: 'Apple', model: 'Apple M3 Max', bus: 'Built-In', vramDynamic: true, vram: null, deviceId: '', vendorId: '0x106b', external: false, cores: 40, metalVersion: '3' }],
  memoryBytes: 64 * GIB,
  architecture: 'arm64',
  kernelFlags: [],
  cudaVersion: '',
};

/** A server with two processors; its screen hangs on the board's management chip. */
export const TWO_SOCKET_SERVER: HardwareReadings = {
  processor: { manufacturer: 'Intel', brand: 'Xeon® Platinum 8380', processors: 2, physicalCores: 80, cores: 160, flags: '' },
  controllers: [{ vendor: 'ASPEED Technology, Inc.', model: 'ASPEED Graphics Family', bus: 'Onboard', busAddress: '02:00.0', vram: 16, vramDynamic: false, pciID: '2000' }],
  memoryBytes: 512 * GIB - 5_000_000_000,
  architecture: 'x64',
  kernelFlags: AVX512,
  cudaVersion: '',
};
