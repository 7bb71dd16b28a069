#include "cli/program.hpp"

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

int main(int count, char** words) {
  try {
    return fedctl::cli::run({words + 1, words + count}, words[0]);
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s; this is a bug in fedctl, please report it\n", error.what());
  }
  return fedctl::cli::exit_error;
}
