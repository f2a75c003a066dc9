// Sinks for the symbols of a scan, and the bits that they become.
//
// A strip is a range of MCU rows. A scan is coded in three steps, of which the first two run for each strip on its own:
//
//     RecordingSink    symbols and additional bits -> words, histogram of symbols
//     BitWriter        words and Huffman codes -> bits of the strip
//     ScanBytes        bits of all strips -> bytes of the scan, with byte stuffing and restart markers
//
// CountingSink replaces the first step where only the size matters.
#pragma once

#include "big_endian.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

// Table class of a Huffman table: Tc of T.81 B.2.4.2, Huffman table-specification syntax.
enum CodeClass { kDcCode = 0, kAcCode = 1 };
constexpr int kSymbolCount = 256;  // symbols that a table may hold

// Sinks are passed by value and their members are inlined, so that they stay in registers.
#define FOVEAL_INLINE __attribute__((always_inline)) inline

// Returns the index of a symbol in histograms and codes, which are laid out [class][slot][symbol].
inline int symbol_index(CodeClass code_class, int slot_count, int slot, int symbol) {
    return (code_class * slot_count + slot) * kSymbolCount + symbol;
}

// A recorded symbol is a word:
//
//     31        20 19   16 15              0
//     +-----------+-------+-----------------+
//     |   index   | count | additional bits |
//     +-----------+-------+-----------------+
//
// count: number of additional bits. The two indices after those of all symbols stand for raw bits (additional bits
// without a symbol) and for a restart marker.
constexpr int kIndexShift = 20, kExtraCountShift = 16;

// Packs a word.
inline std::uint32_t packed_word(int index, std::uint32_t extra, int extra_count) {
    return static_cast<std::uint32_t>(index) << kIndexShift |
           static_cast<std::uint32_t>(extra_count) << kExtraCountShift | extra;
}

// Returns the index of raw bits.
inline int raw_index(int slot_count) { return 2 * slot_count * kSymbolCount; }

// Returns the index of a restart marker.
inline int restart_index(int slot_count) { return raw_index(slot_count) + 1; }

// A sink that counts symbols and bits.
struct CountingSink {
    std::uint32_t* histogram;
    int slot_count;
    std::uint64_t raw_bits = 0;  // bits that are not Huffman codes: additional bits and raw bits

    FOVEAL_INLINE void symbol(CodeClass code_class, int slot, int symbol, std::uint32_t, int extra_count) {
        ++histogram[symbol_index(code_class, slot_count, slot, symbol)];
        raw_bits += static_cast<std::uint64_t>(extra_count);
    }
    FOVEAL_INLINE void raw(std::uint32_t, int count) { raw_bits += static_cast<std::uint64_t>(count); }
    void restart() {}
};

// A sink that counts symbols and bits like CountingSink, and records them as words. The caller provides room for the
// worst case.
struct RecordingSink {
    std::uint32_t* histogram;
    int slot_count;
    std::uint32_t* words;
    std::ptrdiff_t word_count = 0;
    std::uint64_t raw_bits = 0;

    FOVEAL_INLINE void symbol(CodeClass code_class, int slot, int symbol, std::uint32_t extra, int extra_count) {
        const int index = symbol_index(code_class, slot_count, slot, symbol);
        ++histogram[index];
        raw_bits += static_cast<std::uint64_t>(extra_count);
        words[word_count++] = packed_word(index, extra, extra_count);
    }
    FOVEAL_INLINE void raw(std::uint32_t value, int count) {
        raw_bits += static_cast<std::uint64_t>(count);
        words[word_count++] = packed_word(raw_index(slot_count), value, count);
    }
    void restart() { words[word_count++] = packed_word(restart_index(slot_count), 0, 0); }
};

// Writes the bits of one strip, most significant first, without byte stuffing. The caller provides room for the worst
// case.
struct BitWriter {
    std::uint8_t* bytes;
    std::uint64_t* restarts;  // bit positions of the restart markers
    std::ptrdiff_t byte_count = 0;
    std::ptrdiff_t restart_count = 0;
    std::uint64_t pending = 0;  // bits that are not stored yet, in the low bits
    int room = 64;              // bits that still fit

    // Appends the low `count` bits of `value`; count < 32, value < 2^count.
    FOVEAL_INLINE void put(std::uint32_t value, int count) {
        room -= count;
        if (room >= 0) {
            pending = pending << count | value;
            return;
        }
        store_big_endian(bytes + byte_count, pending << (count + room) | value >> -room);
        byte_count += 8;
        room += 64;
        pending = value;  // the bits already stored will be shifted out
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

// Writes recorded words as bits: the Huffman code of each symbol, then its additional bits.
inline BitWriter write_words(BitWriter writer, const std::uint32_t* words, std::ptrdiff_t count, int slot_count,
                             const foveal::Code* codes) {
    const auto raw = static_cast<std::uint32_t>(raw_index(slot_count));
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const std::uint32_t index = words[i] >> kIndexShift;
        const std::uint32_t extra = words[i] & ((1u << kExtraCountShift) - 1);
        const int extra_count = static_cast<int>(words[i] >> kExtraCountShift & 15);
        if (index < raw) [[likely]] {
            const foveal::Code entry = codes[index];
            writer.put(entry.code << extra_count | extra, static_cast<int>(entry.length) + extra_count);
        } else if (index == raw) {
            writer.put(extra, extra_count);
        } else {
            writer.restart();
        }
    }
    return writer;
}

// Writes the bytes of a scan: bits are appended, a zero byte is stuffed after each 0xFF (T.81 F.1.2.3, Byte stuffing),
// and 1-bits pad the last byte before a marker (B.1.1.5, Entropy-coded data segments).
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
    // Appends 64 bits at once. Most words hold no 0xFF and are stored as a whole. The test for one is exact: (~x -
    // 0x01..01) & x & 0x80..80 is nonzero if and only if a byte of x is 0xFF, because a byte of ~x is then zero.
    void put_word(std::uint64_t word) {
        const std::uint64_t ready = pending_count == 0 ? word : pending << (64 - pending_count) | word >> pending_count;
        const std::uint64_t inverted = ~ready;
        if (((inverted - 0x0101010101010101u) & ready & 0x8080808080808080u) != 0) {
            for (int shift = 56; shift >= 0; shift -= 8) put_byte(static_cast<std::uint8_t>(ready >> shift));
        } else {
            store_big_endian(bytes + byte_count, ready);
            byte_count += 8;
        }
        pending = word;
    }
    // Pads with 1-bits up to the byte boundary.
    void align() {
        if (pending_count > 0) put((1u << (8 - pending_count)) - 1, 8 - pending_count);
    }
    // Appends RST0 to RST7 in turn.
    void restart_marker() {
        align();
        bytes[byte_count++] = 0xFF;
        bytes[byte_count++] = static_cast<std::uint8_t>(0xD0 + next_restart);
        next_restart = (next_restart + 1) & 7;
    }
};

// Appends bits [first, last) of `strip`: words while `first` lies on a byte boundary, then the rest byte by byte.
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
