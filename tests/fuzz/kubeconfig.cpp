#include "kubeconfig/kubeconfig.hpp"

#include "fuzz.hpp"

#include <unistd.h>
#include <filesystem>
#include <fstream>

using namespace fedctl;

namespace {

/// A file of this process, in memory where there is such a place.
const std::filesystem::path& file() {
  static const std::filesystem::path path = [] {
    const std::filesystem::path memory = "/dev/shm";
    const auto folder = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    return folder / ("fedctl-fuzz-kubeconfig-" + std::to_string(::getpid()));
  }();
  return path;
}

struct Remove {
  ~Remove() { std::filesystem::remove(file()); }
};

}  // namespace

/// A kubeconfig, and what each of its contexts amounts to.
void fuzz::run(std::string_view input) {
  static const Remove at_the_end;
  std::ofstream{file(), std::ios::binary} << input;
  const auto config = kubeconfig::load(file());
  if (!is_good(config)) return;
  for (const auto& [name, entry] : config->contexts) {
    require(!entry.place().empty(), "a context has a place");
    const auto access = kubeconfig::access(*config, name);
    if (is_good(access)) require(access->endpoint.url.find("://") != std::string::npos, "a server has a scheme");
  }
  static_cast<void>(is_good(kubeconfig::access(*config, config->current_context)));
}
