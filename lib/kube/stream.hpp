#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

/// Reading long answers while they are parsed, so that what is not wanted is never in memory as a whole.
namespace fedctl::kube {

/// One page of a list.
struct Page {
  nlohmann::json body;    ///< Discarded where the text is not JSON.
  std::size_t items = 0;  ///< How many it had, those that are not kept included.
};

/// Items of a list that `keep` (empty: all are kept) says are not worth it are gone before the next is read. One without a name stays, so
/// that the list is refused for it.
Page parse_page(std::string_view text, const std::function<bool(const nlohmann::json& item)>& keep);

/// Cuts a watch's stream into lines and events. An event that is not understood ends the stream with an error.
class EventReader {
 public:
  /// As of `Client::watch`; false ends the stream.
  using OnEvent = std::function<bool(const std::string& type, const nlohmann::json& object)>;

  /// What is wrong with an object that an event is about, as when it is none of those that are watched.
  using Check = std::function<std::optional<Error>(const nlohmann::json& object)>;

  EventReader(OnEvent on_event, Check check, std::optional<Error>& problem)
      : on_event_(std::move(on_event)), check_(std::move(check)), problem_(problem) {}

  /// Takes the next piece of the stream; false: no more of it is wanted.
  bool operator()(std::string_view piece);

 private:
  static constexpr std::size_t longest_event = std::size_t{16} << 20;

  bool take(std::string_view line);

  OnEvent on_event_;
  Check check_;
  std::optional<Error>& problem_;
  std::string buffer_;
};

}  // namespace fedctl::kube
