// The order of blocks in a scan (T.81 A.2).
#pragma once

#include "block.hpp"

#include <cstddef>

namespace {

template <class Component>
inline auto block_at(const Component& component, std::ptrdiff_t mcu_row, std::ptrdiff_t mcu_column, int v, int h) {
    return component.blocks + (mcu_row * component.v_factor + v) * component.row_stride +
           (mcu_column * component.h_factor + h) * kBlockSize;
}

// Calls visit(component, block) for the blocks of one MCU.
template <class Scan, class Visit>
inline void for_each_block_of_mcu(const Scan& scan, std::ptrdiff_t mcu_row, std::ptrdiff_t mcu_column, Visit visit) {
    for (int c = 0; c < scan.component_count; ++c)
        for (int v = 0; v < scan.components[c].v_factor; ++v)
            for (int h = 0; h < scan.components[c].h_factor; ++h)
                visit(c, block_at(scan.components[c], mcu_row, mcu_column, v, h));
}

}  // namespace
