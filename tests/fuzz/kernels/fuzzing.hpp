// What the targets share: the kernel tables to compare, a check that stops the run, and input bytes as numbers.
#pragma once

#include "instruction_sets.hpp"
#include "kernel_table.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using foveal::KernelTable;

// Stops the run unless the condition holds; libFuzzer then keeps the input as a finding.
inline void check(bool condition, const char* expected) {
    if (condition) return;
    std::fprintf(stderr, "foveal: expected %s\n", expected);
    std::abort();
}

// The plainest kernels, which run everywhere.
inline const KernelTable& baseline_kernels() { return foveal::kBaselineKernels; }

// The fastest kernels that this machine can run, to compare with the plainest ones.
inline const KernelTable& fastest_kernels() { return *foveal::fastest_kernels(); }

// Lets both sets of kernels fill an array that is a copy of `out`, in arrays of exactly its size, which the sanitizer
// guards. The results must be the same to the last bit; returns one of them.
template <class T, class Run>
std::vector<T> same_from_all(const std::vector<T>& out, Run run) {
    std::vector<T> first = out, second = out;
    run(baseline_kernels(), first.data());
    run(fastest_kernels(), second.data());
    check(first.empty() || std::memcmp(first.data(), second.data(), first.size() * sizeof(T)) == 0,
          "the same results from all kernels");
    return first;
}

// Returns the length of an array of rows and columns.
inline std::size_t area(std::ptrdiff_t rows, std::ptrdiff_t columns) {
    return static_cast<std::size_t>(rows * columns);
}

// The bytes of an input, taken from the front. Behind the end they are zeros, so that every input is complete.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : next_(data), end_(data + size) {}

    std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
    const std::uint8_t* rest() const { return next_; }

    int take_byte() { return next_ == end_ ? 0 : *next_++; }

    // Takes a number from `first` to `last`, which are at most 255 apart; byte 0 stands for `first`.
    int take_from(int first, int last) { return first + take_byte() % (last - first + 1); }

    // Takes two bytes, the high one first.
    int take_16_bits() {
        const int high = take_byte();
        return high << 8 | take_byte();
    }

    // Takes a level from -largest to `largest` >= 64: one byte for magnitudes below 64, three bytes for any.
    std::int16_t take_level(int largest) {
        const int byte = take_byte();
        if (byte < 128) return static_cast<std::int16_t>(byte < 64 ? byte : 63 - byte);
        const int magnitude = take_16_bits() % (largest + 1);
        return static_cast<std::int16_t>(byte % 2 == 0 ? magnitude : -magnitude);
    }

private:
    const std::uint8_t* next_;
    const std::uint8_t* end_;
};

}  // namespace
