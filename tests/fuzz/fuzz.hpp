#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/yaml.hpp"
#include "fleet/fleet.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

/// What the fuzz targets share. A target defines `run`; what it throws, and a property that does not hold, is a finding, as is what the
/// sanitizers see.
namespace fuzz {

/// Reads `input` as what the target is about.
void run(std::string_view input);

/// Ends the process where the property does not hold.
inline void require(bool holds, std::string_view property, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "the property does not hold: %.*s\n%.*s\n", static_cast<int>(property.size()), property.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

/// Errors about what others wrote are in our words, and never "a bug in fedctl".
inline void require_in_our_words(const fedctl::Error& error) {
  const std::string text = fedctl::describe(error);
  require(error.code != fedctl::Code::internal, "an error about the input is not internal", text);
  require(!error.message.empty(), "an error says something", text);
  require(text.find("json.exception") == std::string::npos, "an error is said in our words", text);
}

/// Is there a result? If not, the error must be a good one.
template <typename T>
bool is_good(const fedctl::Result<T>& result) {
  if (!result) require_in_our_words(result.error());
  return result.has_value();
}

inline std::shared_ptr<const fedctl::yaml::Source> source(std::string_view text) {
  return std::make_shared<const fedctl::yaml::Source>(fedctl::yaml::Source{"input.yaml", std::string{text}});
}

/// What is emitted as YAML is read back as the same value.
inline void require_emits_the_same(const nlohmann::json& value) {
  const std::string emitted = fedctl::yaml::emit(value);
  const auto again = fedctl::yaml::parse(source(emitted));
  require(again.has_value(), "what is emitted is YAML", again ? "" : fedctl::describe(again.error()) + "\n" + emitted);
  // An empty document is none.
  if (value.is_null() && again->documents.empty()) return;
  require(again->documents.size() == 1 && again->documents.front().value == value, "what is emitted reads the same", emitted);
}

inline fedctl::fleet::Fleet three_clusters() {
  fedctl::fleet::Fleet fleet;
  for (const char* name : {"tokyo", "ireland", "virginia"}) fleet.clusters.push_back({name, name, std::nullopt, {{"tier", name}}});
  return fleet;
}

}  // namespace fuzz
