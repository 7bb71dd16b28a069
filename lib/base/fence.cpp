#include "base/fence.hpp"

#include <fmt/format.h>
#include <new>

namespace fedctl {

Error error_from(const std::exception_ptr& thrown) {
  Error error{Code::internal, "an unknown problem"};
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    error.message = "its answers need more memory than there is";
    return error;
  } catch (const std::exception& problem) {
    error.message = fmt::format("its answers could not be processed: {}", problem.what());
  } catch (...) {
    error.message = "its answers could not be processed";
  }
  error.hint = "fedctl should have understood or refused them: please report this";
  return error;
}

}  // namespace fedctl
