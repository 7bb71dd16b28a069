#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "kube/client.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

/// Objects that are being deleted: they stay until all their finalizers are gone
/// (https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/).
namespace fedctl::kube {

/// What keeps an object that is being deleted: "its finalizers a, b", or what a Namespace's conditions say of its contents; "" where
/// nothing is known.
std::string kept_by(const nlohmann::json& object);

/// Waits until the object is gone: no object has the name, or one with another UID than `uid` (empty: any counts as the same).
/// `on_kept` is told whenever what keeps it changes. Errors: timeout with what keeps it; cancelled; what the server says, unless it may
/// say something else a moment later.
using OnKept = std::function<void(const std::string& what)>;
Task<Result<Done>> wait_until_gone(Client& client, Resource resource, std::string name_space, std::string name, std::string uid,
                                   time::Duration timeout, OnKept on_kept = {});

}  // namespace fedctl::kube
