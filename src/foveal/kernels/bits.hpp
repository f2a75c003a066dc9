// Where the symbols of a scan go: counted, or recorded to be written as bits; and how the bits of strips become a
// scan's bytes.
#pragma once

#include "big_endian.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

enum CodeClass { kDcCode = 0, kAcCode = 1 };
constexpr int kSymbolCount = 256;

// Sinks are handed on by value, and what they do is inlined, so that they stay in registers.
#define FOVEAL_INLINE __attribute__((always_inline)) inline

// Both sinks see the same calls in the same order, so that what was priced is what is written.
// Histograms and codes are laid out [class][slot][symbol]; the position in them is the index of a symbol.

inline int symbol_index(CodeClass code_class, int slot_count, int slot, int symbol) {
    return (code_class * slot_count + slot) * kSymbolCount + symbol;
}

// A recorded symbol is a word: its index, the number of its extra bits (4 bits) and those bits (16 bits). Behind the
// indices of all symbols come that of bits without a symbol and that of a restart.
constexpr int kIndexShift = 20, kExtraCountShift = 16;

inline std::uint32_t recorded(int index, std::uint32_t extra, int extra_bits) {
    return static_cast<std::uint32_t>(index) << kIndexShift |
           static_cast<std::uint32_t>(extra_bits) << kExtraCountShift | extra;
}
inline int raw_index(int slot_count) { return 2 * slot_count * kSymbolCount; }
inline int restart_index(int slot_count) { return raw_index(slot_count) + 1; }

struct CountingSink {
    std::uint32_t* histogram;
    int slot_count;
    std::uint64_t raw_bits = 0;  // all bits that are not Huffman codes

    FOVEAL_INLINE void symbol(CodeClass code_class, int slot, int symbol, std::uint32_t, int extra_bits) {
        ++histogram[symbol_index(code_class, slot_count, slot, symbol)];
        raw_bits += static_cast<std::uint64_t>(extra_bits);
    }
    FOVEAL_INLINE void raw(std::uint32_t, int count) { raw_bits += static_cast<std::uint64_t>(count); }
    void restart() {}
};

// Counts symbols and keeps them. The caller provides room for the worst case.
struct RecordingSink {
    std::uint32_t* histogram;
    int slot_count;
    std::uint32_t* words;
    std::ptrdiff_t word_count = 0;
    std::uint64_t raw_bits = 0;

    FOVEAL_INLINE void symbol(CodeClass code_class, int slot, int symbol, std::uint32_t extra, int extra_bits) {
        const int index = symbol_index(code_class, slot_count, slot, symbol);
        ++histogram[index];
        raw_bits += static_cast<std::uint64_t>(extra_bits);
        words[word_count++] = recorded(index, extra, extra_bits);
    }
    FOVEAL_INLINE void raw(std::uint32_t value, int count) {
        raw_bits += static_cast<std::uint64_t>(count);
        words[word_count++] = recorded(raw_index(slot_count), value, count);
    }
    void restart() { words[word_count++] = recorded(restart_index(slot_count), 0, 0); }
};

// Bits of one strip, most significant first, without byte stuffing. The caller provides room for the worst case.
struct BitWriter {
    std::uint8_t* bytes;
    std::uint64_t* restarts;  // bit positions at which a restart marker belongs
    std::ptrdiff_t byte_count = 0;
    std::ptrdiff_t restart_count = 0;
    std::uint64_t pending = 0;  // the bits that wait to be stored, in the low bits
    int room = 64;              // for more of them

    // count < 32; value < 2^count
    FOVEAL_INLINE void put(std::uint32_t value, int count) {
        room -= count;
        if (room >= 0) {
            pending = pending << count | value;
            return;
        }
        store_big_endian(bytes + byte_count, pending << (count + room) | value >> -room);
        byte_count += 8;
        room += 64;
        pending = value;  // those that are stored will be shifted out
    }
    std::uint64_t bit_count() const {
        return 8 * static_cast<std::uint64_t>(byte_count) + static_cast<std::uint64_t>(64 - room);
    }
    void restart() { restarts[restart_count++] = bit_count(); }
    void finish() {
        for (int left = 64 - room; left > 0; left -= 8)
            bytes[byte_count++] = static_cast<std::uint8_t>(left >= 8 ? pending >> (left - 8) : pending << (8 - left));
    }
};

// What was recorded, as bits.
inline BitWriter write_words(BitWriter writer, const std::uint32_t* words, std::ptrdiff_t count, int slot_count,
                             const foveal::Code* codes) {
    const auto first_other = static_cast<std::uint32_t>(raw_index(slot_count));
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const std::uint32_t index = words[i] >> kIndexShift;
        const std::uint32_t extra = words[i] & ((1u << kExtraCountShift) - 1);
        const int extra_bits = static_cast<int>(words[i] >> kExtraCountShift & 15);
        if (index < first_other) [[likely]] {
            const foveal::Code entry = codes[index];
            writer.put(entry.code << extra_bits | extra, static_cast<int>(entry.length) + extra_bits);
        } else if (index == first_other) {
            writer.put(extra, extra_bits);
        } else {
            writer.restart();
        }
    }
    return writer;
}

// The bytes of a scan (T.81 F.1.2.3, B.1.1.5): bits appended one strip after the other, a zero byte after each 0xFF,
// ones up to the byte boundary before a marker.
struct ScanBytes {
    std::uint8_t* bytes;
    std::ptrdiff_t byte_count = 0;
    std::uint64_t pending = 0;
    int pending_count = 0;
    int next_restart = 0;

    void put_byte(std::uint8_t byte) {
        bytes[byte_count++] = byte;
        if (byte == 0xFF) bytes[byte_count++] = 0;
    }
    void put(std::uint32_t value, int count) {
        pending = pending << count | value;
        pending_count += count;
        while (pending_count >= 8) {
            pending_count -= 8;
            put_byte(static_cast<std::uint8_t>(pending >> pending_count));
        }
    }
    // 64 bits at once; most words hold no 0xFF and go out as they are.
    void put_word(std::uint64_t word) {
        const std::uint64_t ready = pending_count == 0 ? word : pending << (64 - pending_count) | word >> pending_count;
        const std::uint64_t inverted = ~ready;  // has a zero byte where there is an 0xFF
        if (((inverted - 0x0101010101010101u) & ready & 0x8080808080808080u) != 0) {
            for (int shift = 56; shift >= 0; shift -= 8) put_byte(static_cast<std::uint8_t>(ready >> shift));
        } else {
            store_big_endian(bytes + byte_count, ready);
            byte_count += 8;
        }
        pending = word;
    }
    void align() {
        if (pending_count > 0) put((1u << (8 - pending_count)) - 1, 8 - pending_count);
    }
    void restart_marker() {
        align();
        bytes[byte_count++] = 0xFF;
        bytes[byte_count++] = static_cast<std::uint8_t>(0xD0 + next_restart);
        next_restart = (next_restart + 1) & 7;
    }
};

// Appends bits [first, last) of `strip`.
inline void append_bits(ScanBytes& out, const std::uint8_t* strip, std::uint64_t first, std::uint64_t last) {
    for (; (first & 7) == 0 && last - first >= 64; first += 64) out.put_word(load_big_endian(strip + (first >> 3)));
    while (first < last) {
        const int offset = static_cast<int>(first & 7);
        const std::uint64_t left = last - first;
        const int count = left < static_cast<std::uint64_t>(8 - offset) ? static_cast<int>(left) : 8 - offset;
        const std::uint32_t byte = strip[first >> 3];
        out.put(byte >> (8 - offset - count) & ((1u << count) - 1), count);
        first += static_cast<std::uint64_t>(count);
    }
}

}  // namespace
