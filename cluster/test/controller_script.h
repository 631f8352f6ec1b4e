// SPDX-License-Identifier: Apache-2.0
// The command language of the controller's transcripts, and a controller that runs it: decide, then
// encode, decode and apply the records, as the real one does around its log.
//
//     create [v=7] [validate] : NAME [p=N] [rf=N] [a=0:1,2;1:2,1] [CONFIG=VALUE]... | NAME ...
//     delete [v=6] : NAME | @NAME (by id) | ! (neither) | NAME! (both) ...
//     grow [validate] : NAME COUNT [a=1,2;2,1] | ...
//     alter [validate] : TYPE NAME [set K=V] [append K=V] [subtract K=V] [remove K] [null K] | ...
//     setting num_partitions|replication_factor|delete_topic_enable|CONFIG=VALUE
//     register [id=N] [nobump] [dirs=N]     broker N of the settings, by default 1
//     producer_ids     activate     begin     image [FILTER]
#pragma once

#include <map>
#include <sstream>

#include "cluster/controller.h"
#include "cluster/test/record_text.h"

namespace barnabas::cluster {

class ControllerScript {
  public:
    std::string run(const std::string& command);

  private:
    struct Flags {
        int16_t version = 0;
        bool validate_only = false;
    };
    static std::vector<std::string> split(const std::string& text, char at);
    static std::vector<std::string> words(const std::string& text);
    static std::vector<std::vector<BrokerId>> replica_lists(const std::string& text);
    Flags flags_of(const std::string& text, int16_t version) const;

    std::string create(const std::string& flags, const std::vector<std::string>& items);
    std::string remove(const std::string& flags, const std::vector<std::string>& items);
    std::string grow(const std::string& flags, const std::vector<std::string>& items);
    std::string alter(const std::string& flags, const std::vector<std::string>& items);
    std::string register_broker(const std::vector<std::string>& arguments);
    std::string set(const std::string& assignment);
    std::string image(const std::string& filter) const;

    DecideContext context() { return {*image_, settings_, next_offset_, random_}; }
    // Appends, applies and describes.
    std::string commit(const std::vector<MetadataRecord>& records);
    // Ids are random and hard to read: "<name>" stands for a topic's.
    std::string readable(std::string text) const;

    ControllerSettings settings_;
    ImageBuilder builder_;
    std::shared_ptr<const MetadataImage> image_ = std::make_shared<const MetadataImage>();
    Offset next_offset_{10};
    Random random_{1};
    std::map<std::string, std::string> ids_;
};

}  // namespace barnabas::cluster
