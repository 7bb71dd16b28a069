#pragma once

#include "base/yaml.hpp"
#include "fleet/fleet.hpp"
#include "manifest/manifest.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

/// What several unit tests need.
namespace support {

inline std::shared_ptr<const fedctl::yaml::Source> source(std::string text, std::string name = "input.yaml") {
  return std::make_shared<const fedctl::yaml::Source>(fedctl::yaml::Source{std::move(name), std::move(text)});
}

inline std::vector<fedctl::manifest::Manifest> manifests(const std::string& text) {
  auto parsed = fedctl::manifest::parse(source(text));
  INFO((parsed ? "" : fedctl::describe(parsed.error())));
  REQUIRE(parsed);
  return std::move(parsed->items);
}

/// One document; usable outside of tests too, so it throws instead of asserting.
inline nlohmann::json json_of(const std::string& yaml) {
  auto parsed = fedctl::yaml::parse(source(yaml));
  if (!parsed) throw std::invalid_argument{fedctl::describe(parsed.error())};
  return parsed->documents.at(0).value;
}

inline fedctl::fleet::Fleet three_clusters() {
  fedctl::fleet::Fleet fleet;
  fleet.clusters.push_back({"tokyo", "tokyo", std::nullopt, {{"continent", "asia"}, {"tier", "one"}}});
  fleet.clusters.push_back({"ireland", "ireland", std::nullopt, {{"continent", "europe"}}});
  fleet.clusters.push_back({"virginia", "virginia", std::nullopt, {{"continent", "america"}}});
  return fleet;
}

/// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fedctl-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& content, bool executable = false) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << content;
    if (executable) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace support
