#pragma once

#include <cstddef>

#ifdef __has_feature  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FEDCTL_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // g++
#define FEDCTL_SANITIZED
#endif

namespace support {

/// Sanitizers bring an operator new of their own, so that nothing is counted under them.
#ifdef FEDCTL_SANITIZED
inline constexpr bool counts_allocations = false;
#else
inline constexpr bool counts_allocations = true;
#endif

/// How often memory was asked for since the program began. Times vary with the machine; these do not, so tests assert them.
std::size_t allocations();

/// Of one run of `work`.
template <typename Work>
std::size_t allocations_of(Work work) {
  const std::size_t before = allocations();
  work();
  return allocations() - before;
}

}  // namespace support
