#pragma once

#include "base/error.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::fleet {

/// A kubeconfig decides which programs run here (exec plugins) and which files are sent to a server (tokenFile), so that using one is as
/// much as running a script. The user's own, and those that the command line names, are trusted; those that another file names are not.
struct Trust {
  std::string brought_by = {};                    ///< What named the kubeconfig: "the saved plan"; empty: the user.
  std::vector<std::filesystem::path> named = {};  ///< Kubeconfigs that the user named on the command line.
};

/// May what `kubeconfig` says of a cluster be used? Errors: forbidden where it was brought by a file, is not the user's own (KUBECONFIG or
/// ~/.kube/config), was not named, and has a program run or a token file sent; the message says which.
Result<void> check_trust(const Trust& trust, const std::optional<std::filesystem::path>& kubeconfig, const kubeconfig::Access& access);

}  // namespace fedctl::fleet
