#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "manifest/manifest.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::failover {

/// Reads a map of a manifest field by field, and keeps the first thing that is wrong, with its place. Reading goes on after that with
/// defaults, so that the code that reads need not look after each field; whoever began asks `problem` once.
class Fields {
 public:
  explicit Fields(const manifest::Manifest& manifest);

  /// Anything else than these is refused, with the nearest name.
  Fields& only(const std::vector<std::string>& known);
  Fields& need(std::string_view key);

  bool has(std::string_view key) const;
  std::string text(std::string_view key, std::string otherwise = {}) const;
  std::int64_t number(std::string_view key, std::int64_t otherwise, std::int64_t least = 0) const;
  bool flag(std::string_view key, bool otherwise) const;
  time::Duration duration(std::string_view key, time::Duration otherwise) const;
  std::optional<time::Duration> duration(std::string_view key) const;
  /// An integer, or a quantity such as 16Mi.
  std::optional<std::int64_t> bytes(std::string_view key) const;
  /// "50%" or 50.
  int percent(std::string_view key, int otherwise) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::map<std::string, std::string> table(std::string_view key) const;

  /// The map itself, and the value at `key`, as they are.
  const nlohmann::json& whole() const { return node_; }
  nlohmann::json raw(std::string_view key) const;
  Fields child(std::string_view key) const;
  std::vector<Fields> items(std::string_view key) const;
  std::vector<std::string> keys() const;

  /// Says what is wrong with a field, or with the map itself where `key` is empty.
  void fail(std::string_view key, std::string message, std::string hint = {}) const;
  const std::optional<Error>& problem() const { return *problem_; }

 private:
  Fields(const manifest::Manifest& manifest, nlohmann::json node, std::string pointer, std::shared_ptr<std::optional<Error>> problem)
      : manifest_(&manifest), node_(std::move(node)), pointer_(std::move(pointer)), problem_(std::move(problem)) {}
  const nlohmann::json* find(std::string_view key) const;

  const manifest::Manifest* manifest_;
  nlohmann::json node_;
  std::string pointer_;
  std::shared_ptr<std::optional<Error>> problem_;
};

}  // namespace fedctl::failover
