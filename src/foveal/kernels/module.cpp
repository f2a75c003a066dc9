// The Python module: choice of the instruction set, and the bindings.
#include "bindings.hpp"
#include "kernel_table.hpp"

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// The tables of this build, the fastest first.
const KernelTable* const kTables[] = {
#if defined(FOVEAL_HAVE_AVX2)
    &foveal::kAvx2Kernels,
#endif
    &foveal::kBaselineKernels,
};

// Returns whether this machine has the instructions that a table uses.
bool runs_here(const KernelTable* table) {
#if defined(FOVEAL_HAVE_AVX2)
    if (table == &foveal::kAvx2Kernels)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#endif
    return table == &foveal::kBaselineKernels;
}

// Returns the fastest table that runs on this machine.
const KernelTable* fastest() {
    for (const KernelTable* table : kTables)
        if (runs_here(table)) return table;
    return &foveal::kBaselineKernels;
}

// The table in use. Atomic, because threads that do not hold the GIL read it.
std::atomic<const KernelTable*> chosen_kernels = fastest();

// Returns the names of the tables that run on this machine, the fastest first.
std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const KernelTable* table : kTables)
        if (runs_here(table)) names.emplace_back(table->name);
    return names;
}

// Chooses the table of that name.
void use_instruction_set(const std::string& name) {
    for (const KernelTable* table : kTables) {
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
