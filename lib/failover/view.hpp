#pragma once

namespace fedctl::failover {

/// How a cluster is seen from another place than ours.
enum class View { up, down, unknown };

}  // namespace fedctl::failover
