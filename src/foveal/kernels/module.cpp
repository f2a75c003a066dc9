// The Python module: which kernels run on this machine, and the bindings of all of them.
#include "bindings.hpp"

#include <atomic>
#include <string>

namespace {

const KernelTable* const kAvailable[] = {
#if defined(FOVEAL_HAVE_AVX2)
    &foveal::kAvx2Kernels,
#endif
    &foveal::kBaselineKernels,
};

bool runs_here(const KernelTable* table) {
#if defined(FOVEAL_HAVE_AVX2)
    if (table == &foveal::kAvx2Kernels)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#endif
    return table == &foveal::kBaselineKernels;
}

const KernelTable* fastest() {
    for (const KernelTable* table : kAvailable)
        if (runs_here(table)) return table;
    return &foveal::kBaselineKernels;
}

// Read by threads that do not hold the GIL.
std::atomic<const KernelTable*> chosen_kernels = fastest();

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const KernelTable* table : kAvailable)
        if (runs_here(table)) names.emplace_back(table->name);
    return names;
}

void use_instruction_set(const std::string& name) {
    for (const KernelTable* table : kAvailable) {
        if (runs_here(table) && name == table->name) {
            chosen_kernels = table;
            return;
        }
    }
    throw std::invalid_argument("instruction set not available here: " + name);
}

}  // namespace

const foveal::KernelTable* foveal::kernels() { return chosen_kernels.load(std::memory_order_relaxed); }

NB_MODULE(_kernels, m) {
    m.def("instruction_sets", &instruction_sets);
    m.def("use_instruction_set", &use_instruction_set, nb::arg("name"));
    foveal::bind_encoding(m);
    foveal::bind_decoding(m);
    foveal::bind_scoring(m);
    foveal::bind_resizing(m);
}
