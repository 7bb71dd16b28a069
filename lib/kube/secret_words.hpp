#pragma once

#include "base/error.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace fedctl::kube {

/// What a server or a webhook says about a Secret (or a FederatedSecret) without its values, which become "(hidden)": those of `data`,
/// `stringData`, overrides, patches and the last applied configuration of `content`, as they are, in base64 and out of it. `content` is
/// the object as it is or as it was sent, or a patch of it; where `kind` is no Secret's, the message stays.
std::string without_secrets(std::string message, std::string_view kind, const nlohmann::json& content);

/// A message without what may be a value: "(hidden)" stands for all that is between quotation marks, also where the last one is missing.
std::string without_quoted(const std::string& message);

/// The same of an error's message.
Error without_secrets(Error error, std::string_view kind, const nlohmann::json& content);

}  // namespace fedctl::kube
