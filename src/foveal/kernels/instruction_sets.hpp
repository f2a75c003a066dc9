// Which of the kernel builds run on this machine.
#pragma once

#include "kernel_table.hpp"

#if defined(FOVEAL_HAVE_AVX2)
#include <cpuid.h>
#endif

namespace foveal {

// The tables of this build, the fastest first.
inline const KernelTable* const kKernelTables[] = {
#if defined(FOVEAL_HAVE_AVX2)
    &kAvx2Kernels,
#endif
    &kBaselineKernels,
};

#if defined(FOVEAL_HAVE_AVX2)

// Returns whether the processor has AVX2, FMA, BMI and BMI2 and the operating system saves the registers of AVX (Intel
// 64 and IA-32 Architectures Software Developer's Manual, volume 1, 14.7.1, Detection of Intel AVX2).
// __builtin_cpu_supports needs a runtime library that clang-cl does not link.
inline bool has_avx2() {
    constexpr unsigned kFma = 1u << 12, kOsxsave = 1u << 27, kAvx = 1u << 28;  // leaf 1, ECX
    constexpr unsigned kBmi = 1u << 3, kAvx2 = 1u << 5, kBmi2 = 1u << 8;       // leaf 7, EBX
    constexpr unsigned kSavedByAvx = 6;                                        // XCR0: XMM and YMM state
    unsigned a = 0, b = 0, c = 0, d = 0;
    const unsigned first = kFma | kOsxsave | kAvx, second = kBmi | kAvx2 | kBmi2;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & first) != first) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & second) != second) return false;
    unsigned xcr0 = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    return (xcr0 & kSavedByAvx) == kSavedByAvx;
}

#endif

// Returns whether this machine has the instructions that a table uses.
inline bool runs_here(const KernelTable* table) {
#if defined(FOVEAL_HAVE_AVX2)
    if (table == &kAvx2Kernels) return has_avx2();
#endif
    return table == &kBaselineKernels;
}

// Returns the fastest table that runs on this machine.
inline const KernelTable* fastest_kernels() {
    for (const KernelTable* table : kKernelTables)
        if (runs_here(table)) return table;
    return &kBaselineKernels;
}

}  // namespace foveal
