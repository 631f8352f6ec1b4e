// SPDX-License-Identifier: Apache-2.0
// What a handler asks of the cluster, out of the header so that handlers need not include it all.
#include "broker/server/request_context.h"

#include "cluster/cluster_node.h"

namespace barnabas::broker {

std::shared_ptr<const cluster::MetadataImage> RequestContext::image() const {
    return services.cluster.image();
}

}  // namespace barnabas::broker
