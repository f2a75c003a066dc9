// The entropy-coded data of a scan (T.81 B.1.1.5) without byte stuffing, fill bytes and restart markers.
#pragma once

#include "block.hpp"

namespace {

// Calls data(first, last) for each run of bytes as they are, as long as it returns true, and restart(offset, number) at
// each restart marker. Returns the offset of the marker that ends the scan, or of the end of the file.
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
        std::ptrdiff_t code = marker + 1;
        while (code < size && bytes[code] == 0xFF) ++code;  // B.1.1.2: fill bytes
        if (code < size && bytes[code] == 0x00) {
            if (!data(offset, marker + 1)) return marker;
        } else {
            if (!data(offset, marker)) return marker;
            if (code == size || bytes[code] < 0xD0 || bytes[code] > 0xD7) return marker;
            restart(marker, bytes[code] - 0xD0);
        }
        offset = code + 1;
    }
    return size;
}

}  // namespace
