// The Python module: choice of the instruction set, and the bindings.
#include "bindings.hpp"
#include "instruction_sets.hpp"
#include "kernel_table.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using foveal::kKernelTables;
using foveal::runs_here;

// The table in use. Atomic, because threads that do not hold the GIL read it.
std::atomic<const KernelTable*> chosen_kernels = foveal::fastest_kernels();

// Returns the names of the tables that run on this machine, the fastest first.
std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const KernelTable* table : kKernelTables)
        if (runs_here(table)) names.emplace_back(table->name);
    return names;
}

// Chooses the table of that name, and returns whether this machine has it.
bool choose(const std::string& name) {
    for (const KernelTable* table : kKernelTables) {
        if (runs_here(table) && name == table->name) {
            chosen_kernels = table;
            return true;
        }
    }
    return false;
}

// Chooses the table of that name.
void use_instruction_set(const std::string& name) {
    if (!choose(name)) throw std::invalid_argument("instruction set not available here: " + name);
}

// Chooses the table that the environment variable FOVEAL_KERNELS names, if it is set and not empty.
void choose_by_environment() {
    const char* name = std::getenv("FOVEAL_KERNELS");
    if (name == nullptr || *name == '\0' || choose(name)) return;
    std::string available;
    for (const std::string& known : instruction_sets()) available += (available.empty() ? "" : ", ") + known;
    throw std::invalid_argument("FOVEAL_KERNELS names kernels that this machine lacks; it has: " + available);
}

}  // namespace

const foveal::KernelTable* foveal::kernels() { return chosen_kernels.load(std::memory_order_relaxed); }

NB_MODULE(_kernels, m) {
    choose_by_environment();
    m.def("instruction_sets", &instruction_sets);
    m.def("instruction_set", [] { return std::string(foveal::kernels()->name); });
    m.def("use_instruction_set", &use_instruction_set, nb::arg("name"));
    foveal::bind_encoding(m);
    foveal::bind_decoding(m);
    foveal::bind_scoring(m);
    foveal::bind_resizing(m);
}
