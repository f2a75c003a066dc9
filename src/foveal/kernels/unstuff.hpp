// Removal of byte stuffing, fill bytes and restart markers from the entropy-coded data of a scan (T.81 B.1.1.5,
// Entropy-coded data segments; B.1.1.2, Markers).
//
// In the data, 0xFF is followed by a stuffed 0x00; any other 0xFF begins a marker, before which fill bytes 0xFF may
// stand:
//
//     file    61 FF 00 63 FF FF D3 64 FF D9
//     data    61 FF    63          64
//                         RST3        EOI ends the scan
//
// memchr finds the next 0xFF, so that the bytes between are copied as a whole.
#pragma once

#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// Calls data(first, last) for each run of bytes [first, last) of the file that belong to the data, until it returns
// false, and restart(offset, number) for each restart marker. Returns the offset of the marker that ends the scan, or
// the size of the file.
template <class Data, class Restart>
inline std::ptrdiff_t walk_scan(const std::uint8_t* bytes, std::ptrdiff_t size, std::ptrdiff_t offset, Data data,
                                Restart restart) {
    while (offset < size) {
        const void* found = std::memchr(bytes + offset, 0xFF, static_cast<std::size_t>(size - offset));
        if (found == nullptr) {
            data(offset, size);
            break;
        }
        const std::ptrdiff_t marker = static_cast<const std::uint8_t*>(found) - bytes;
        std::ptrdiff_t code_offset = marker + 1;
        while (code_offset < size && bytes[code_offset] == 0xFF) ++code_offset;  // fill bytes
        if (code_offset < size && bytes[code_offset] == 0x00) {
            if (!data(offset, marker + 1)) return marker;
        } else {
            if (!data(offset, marker)) return marker;
            if (code_offset == size || bytes[code_offset] < 0xD0 || bytes[code_offset] > 0xD7) return marker;
            restart(marker, bytes[code_offset] - 0xD0);
        }
        offset = code_offset + 1;
    }
    return size;
}

// The sizes of the arrays that `unstuff` fills.
struct ScanExtent {
    std::ptrdiff_t end;  // offset of the marker that ends the scan, or the size of the file
    std::size_t data_bytes, restart_count;
};

// Measures the data of a scan that begins at `offset`.
inline ScanExtent measure_scan(const std::uint8_t* bytes, std::ptrdiff_t size, std::ptrdiff_t offset) {
    ScanExtent extent{};
    const auto count = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
        extent.data_bytes += static_cast<std::size_t>(last - first);
        return true;
    };
    extent.end = walk_scan(bytes, size, offset, count, [&](std::ptrdiff_t, int) { ++extent.restart_count; });
    return extent;
}

// Fills `data` with the bytes of the scan, followed by kScanPadding zeros, and `restarts` with three numbers for each
// of the first max_restarts restart markers: position in the data, offset in the file, number (0 to 7).
inline void unstuff(const std::uint8_t* bytes, std::ptrdiff_t size, std::ptrdiff_t offset, std::uint8_t* data,
                    std::int64_t* restarts, std::size_t max_restarts) {
    std::uint8_t* target = data;
    const std::int64_t* const last = restarts + 3 * max_restarts;
    const auto copy = [&](std::ptrdiff_t first, std::ptrdiff_t end) {
        std::memcpy(target, bytes + first, static_cast<std::size_t>(end - first));
        target += end - first;
        return true;
    };
    walk_scan(bytes, size, offset, copy, [&](std::ptrdiff_t marker, int number) {
        if (restarts == last) return;
        *restarts++ = target - data;
        *restarts++ = marker;
        *restarts++ = number;
    });
    std::memset(target, 0, foveal::kScanPadding);
}

// Returns the offset in the file of the byte at `position` in the data, or the end of the scan if there is no such
// byte.
inline std::ptrdiff_t stuffed_offset(const std::uint8_t* bytes, std::ptrdiff_t size, std::ptrdiff_t offset,
                                     std::ptrdiff_t position) {
    std::ptrdiff_t passed = 0, found = -1;
    const auto find = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
        if (position < passed + last - first) found = first + position - passed;
        passed += last - first;
        return found < 0;
    };
    const std::ptrdiff_t end = walk_scan(bytes, size, offset, find, [](std::ptrdiff_t, int) {});
    return found < 0 ? end : found;
}

}  // namespace
