// Runs a target of libFuzzer on files, for processors that libFuzzer is not made for.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t byte_count);

int main(int argument_count, char** arguments) {
    for (int i = 1; i < argument_count; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::printf("%s: %d inputs\n", arguments[0], argument_count - 1);
    return argument_count < 2;
}
