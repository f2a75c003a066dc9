// The order of blocks in a scan (T.81 A.2, Order of source image data encoding).
//
// An MCU holds h x v blocks of each component, row by row, components in the order of the scan header. A scan of
// one component has h = v = 1: its MCU is a block. For 4:2:0 (Y with h = v = 2, Cb and Cr with h = v = 1):
//
//      Y     Cb    Cr
//     0 1
//     2 3    4     5
#pragma once

#include "block.hpp"

#include <cstddef>

namespace {

// Returns the block in column h and row v of an MCU's blocks of one component.
template <class Component>
inline auto block_at(const Component& component, std::ptrdiff_t mcu_row, std::ptrdiff_t mcu_column, int v, int h) {
    return component.blocks + (mcu_row * component.v_factor + v) * component.row_stride +
           (mcu_column * component.h_factor + h) * kBlockSize;
}

// Calls visit(component index, block) for each block of one MCU, in coding order.
template <class Scan, class Visit>
inline void for_each_block_of_mcu(const Scan& scan, std::ptrdiff_t mcu_row, std::ptrdiff_t mcu_column, Visit visit) {
    for (int c = 0; c < scan.component_count; ++c)
        for (int v = 0; v < scan.components[c].v_factor; ++v)
            for (int h = 0; h < scan.components[c].h_factor; ++h)
                visit(c, block_at(scan.components[c], mcu_row, mcu_column, v, h));
}

}  // namespace
