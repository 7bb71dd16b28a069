#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::kube {

/// What a server has against one field of an object that was sent to it.
struct FieldProblem {
  /// As people name it (kube/field_name.hpp), spec.template.spec.containers[name=web].imagee, however the server does; in the server's
  /// words where the object does not have it.
  std::string field;
  std::vector<std::string> keys;  ///< The way to it in the object, as far as the object has it: {"spec", "template", ...}.
  std::string words;

  bool is_unknown_field() const;
};

/// Takes the message of a refusal (kube/refusal_words.hpp) of `sent` apart; empty where it speaks of no field.
std::vector<FieldProblem> field_problems(std::string_view message, const nlohmann::json& sent);

}  // namespace fedctl::kube
