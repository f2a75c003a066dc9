// Pixels to levels: color conversion, sub-sampling, forward DCT and quantization of any pixels of 8 and 16 bits, for
// pictures of 1 to 32 pixels a side. All kernels must give the same levels to the last bit.
#include "block.hpp"
#include "fuzzing.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace {

using Floats = std::vector<float>;
using Levels = std::vector<std::int16_t>;

constexpr int kMaxSide = 32;
constexpr int kLargestLevel = 1023, kSmallestDc = -1024;  // of an 8-bit JPEG
constexpr int kProfiles = 2;                              // of frequency weights
constexpr int kSizes = 11, kRuns = 63;                    // prices of the trellis: magnitude categories and runs

// Takes pixels. Where the input ends, the bytes that it has are repeated, so that small inputs are not mostly black.
template <class Sample>
std::vector<Sample> take_pixels(Input& input, Extent size, int channels) {
    std::vector<Sample> pixels(area(size.rows, size.columns * channels));
    const std::vector<std::uint8_t> bytes(input.rest(), input.rest() + input.left());
    for (std::size_t i = 0; i < pixels.size() && !bytes.empty(); ++i) {
        const std::size_t high = bytes[i % bytes.size()], low = bytes[(i + 1) % bytes.size()];
        pixels[i] = static_cast<Sample>(sizeof(Sample) == 1 ? high : high << 8 | low);
    }
    return pixels;
}

// Quantizer steps in sixteenths, of 1 to 65,535.
Floats take_steps(Input& input) {
    const int common_step = 1 + input.take_16_bits() % 65535, own_steps = input.take_from(0, 8);
    Floats steps(kBlockSize, 16.0f * static_cast<float>(common_step));
    for (int i = 0; i < own_steps; ++i)
        steps[static_cast<std::size_t>(input.take_from(0, kBlockSize - 1))] =
            16.0f * static_cast<float>(input.take_from(1, 255));
    return steps;
}

// A number from 0 to 8, in steps of 1/32.
float take_weight(Input& input) { return static_cast<float>(input.take_byte()) / 32.0f; }

void check_levels(const Levels& levels) {
    for (std::size_t i = 0; i < levels.size(); ++i)
        check(levels[i] <= kLargestLevel && levels[i] >= (i % kBlockSize == 0 ? kSmallestDc : -kLargestLevel),
              "levels of an 8-bit picture");
}

// How coefficients become levels.
struct Quantization {
    Floats steps, own_steps, frequency_weights, run_size_bits;
    float dead_zone_width, distortion_weight, lift, end_of_block_bits;
    int look_back;

    explicit Quantization(Input& input)
        : steps(take_steps(input)),
          own_steps(take_steps(input)),
          frequency_weights(kProfiles * kBlockSize),
          run_size_bits(kSizes * kRuns),
          dead_zone_width(take_weight(input)),
          distortion_weight(take_weight(input)),
          lift(static_cast<float>(input.take_from(0, 32)) / 64.0f),
          end_of_block_bits(take_weight(input)),
          look_back(input.take_from(1, kBlockSize)) {
        const int pattern = input.take_byte();
        for (int k = 0; k < kProfiles * kBlockSize; ++k)
            frequency_weights[static_cast<std::size_t>(k)] = 1.0f + static_cast<float>(k * pattern % 64) / 64.0f;
        for (int i = 0; i < kSizes * kRuns; ++i)
            run_size_bits[static_cast<std::size_t>(i)] =
                static_cast<float>(i / kRuns + i % kRuns % (1 + pattern % 32) + 1);
    }

    // Quantizes the coefficients in all ways.
    void check_all(const Levels& coefficients) const {
        const auto count = static_cast<std::ptrdiff_t>(coefficients.size()) / kBlockSize;
        const auto blocks = static_cast<std::size_t>(count);
        same_from_all(Floats(3 * blocks), [&](const KernelTable& kernels, float* out) {
            kernels.ac_strengths(coefficients.data(), count, out, out + count, out + 2 * count);
        });
        const Floats widths(blocks, dead_zone_width), weights(blocks, distortion_weight);
        const std::vector<std::uint8_t> table_index(blocks, 0);
        const std::vector<std::uint8_t> all(blocks, 1);
        same_from_all(coefficients, [&](const KernelTable& kernels, std::int16_t* out) {
            kernels.dering(out, count, all.data(), steps.data(), widths.data());
        });
        const Levels levels = same_from_all(coefficients, [&](const KernelTable& kernels, std::int16_t* out) {
            kernels.quantize(out, count, steps.data());
        });
        check_levels(levels);
        std::vector<std::int16_t> dc(blocks);
        std::vector<std::uint8_t> is_marked(blocks), profile(blocks);
        for (std::size_t n = 0; n < blocks; ++n) {
            dc[n] = coefficients[n * kBlockSize];
            is_marked[n] = n % 2 == 0;
            profile[n] = n % kProfiles;
        }
        check_levels(same_from_all(levels, [&](const KernelTable& kernels, std::int16_t* out) {
            kernels.settle_dc(out, count, dc.data(), is_marked.data(), steps[0]);
        }));
        check_levels(same_from_all(coefficients, [&](const KernelTable& kernels, std::int16_t* levels) {
            kernels.quantize_dead_zones(levels, count, steps.data(), widths.data(), frequency_weights.data(),
                                        profile.data());
        }));
        check_levels(same_from_all(coefficients, [&](const KernelTable& kernels, std::int16_t* levels) {
            kernels.quantize_per_block(levels, count, own_steps.data(), table_index.data(), steps.data());
        }));
        check_levels(same_from_all(coefficients, [&](const KernelTable& kernels, std::int16_t* levels) {
            kernels.trellis(levels, count, steps.data(), weights.data(), frequency_weights.data(), profile.data(), lift,
                            run_size_bits.data(), end_of_block_bits, look_back);
        }));
    }
};

// Transforms a plane of whole blocks, and quantizes it.
void transform(const Floats& plane, Extent size, const Quantization& quantization) {
    quantization.check_all(same_from_all(Levels(plane.size()), [&](const KernelTable& kernels, std::int16_t* blocks) {
        kernels.forward_dct(plane.data(), size, blocks);
    }));
    same_from_all(Floats(plane.size()), [&](const KernelTable& kernels, float* blocks) {
        kernels.forward_dct_unrounded(plane.data(), size, blocks);
    });
}

// Returns the rows and columns of blocks that a picture touches.
Extent block_grid(Extent size) {
    return {(size.rows + kBlockSide - 1) / kBlockSide, (size.columns + kBlockSide - 1) / kBlockSide};
}

template <class Sample>
void run(Input& input) {
    constexpr bool is_8_bits = std::is_same_v<Sample, std::uint8_t>;
    const Extent size{input.take_from(1, kMaxSide), input.take_from(1, kMaxSide)};
    const int channels = input.take_from(0, 1) == 0 ? 3 : 1, factors = input.take_from(0, 3);
    const int h = 1 + (factors & 1), v = 1 + (factors >> 1);
    const float gain = take_weight(input) / 8.0f;
    const Extent smaller{1 + input.take_byte() % size.rows, 1 + input.take_byte() % size.columns};
    const Quantization quantization(input);
    const auto pixels = take_pixels<Sample>(input, size, channels);
    const std::ptrdiff_t mcu_rows = kBlockSide * v, mcu_columns = kBlockSide * h;
    const Extent padded{(size.rows + mcu_rows - 1) / mcu_rows * mcu_rows,
                        (size.columns + mcu_columns - 1) / mcu_columns * mcu_columns};

    const std::size_t plane_length = area(padded.rows, padded.columns);
    const Floats planes = same_from_all(
        Floats(plane_length * static_cast<std::size_t>(channels)), [&](const KernelTable& kernels, float* out) {
            if constexpr (is_8_bits)
                (channels == 3 ? kernels.rgb8_to_ycbcr : kernels.grey8_to_plane)(pixels.data(), size, out, padded);
            else
                (channels == 3 ? kernels.rgb16_to_ycbcr : kernels.grey16_to_plane)(pixels.data(), size, out, padded);
        });
    if constexpr (is_8_bits) {
        const Extent grid = block_grid(size);
        same_from_all(std::vector<std::uint8_t>(area(grid.rows, grid.columns)),
                      [&](const KernelTable& kernels, std::uint8_t* out) {
                          kernels.mark_saturated(pixels.data(), size, channels, out);
                      });
        same_from_all(std::vector<std::uint8_t>(area(grid.rows, grid.columns)),
                      [&](const KernelTable& kernels, std::uint8_t* out) {
                          kernels.ground_parts(pixels.data(), size, channels, 3, 64, out);
                      });
        if (channels == 3)
            same_from_all(Floats(planes.size()), [&](const KernelTable& kernels, float* out) {
                kernels.rgb8_to_whole_ycbcr(pixels.data(), size, out, padded);
            });
    }
    const Floats luma(planes.begin(), planes.begin() + static_cast<std::ptrdiff_t>(plane_length));
    transform(luma, padded, quantization);
    if (h * v > 1) {
        const Extent halved{padded.rows / v, padded.columns / h};
        const Floats samples =
            same_from_all(Floats(area(halved.rows, halved.columns)), [&](const KernelTable& kernels, float* out) {
                kernels.downsample(luma.data(), padded.columns, h, v, out, halved);
            });
        const Floats sharp = same_from_all(Floats(samples.size()), [&](const KernelTable& kernels, float* out) {
            kernels.sharpen(samples.data(), halved, h, v, gain, 0, out, halved.rows);
        });
        transform(sharp, halved, quantization);
    }

    std::vector<std::uint64_t> sums(area(size.columns, channels));
    same_from_all(std::vector<std::uint8_t>(area(smaller.rows, smaller.columns * channels)),
                  [&](const KernelTable& kernels, std::uint8_t* out) {
                      const auto means = [&] {
                          if constexpr (is_8_bits)
                              return kernels.area_means_8;
                          else
                              return kernels.area_means_16;
                      }();
                      means(pixels.data(), size, channels, sums.data(), out, smaller);
                  });
    if (channels == 3) {
        const Extent grid = block_grid(size);
        Floats work(area(foveal::kColorLossRows, grid.columns * kBlockSide + foveal::kColorLossMargin));
        same_from_all(Floats(area(2 * grid.rows, grid.columns)), [&](const KernelTable& kernels, float* out) {
            if constexpr (is_8_bits)
                kernels.color_loss_8(pixels.data(), size, 0, work.data(), out, grid);
            else
                kernels.color_loss_16(pixels.data(), size, 0, work.data(), out, grid);
        });
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t byte_count) {
    Input input(bytes, byte_count);
    if (input.take_from(0, 1) == 0)
        run<std::uint8_t>(input);
    else
        run<std::uint16_t>(input);
    return 0;
}
