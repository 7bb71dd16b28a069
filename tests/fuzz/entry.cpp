#include "fuzz.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  // Errors say a part of the input back, and must not have these words by themselves (require_in_our_words).
  if (input.find("exception") != std::string_view::npos) return -1;
  fuzz::run(input);
  return 0;
}
