// SPDX-License-Identifier: Apache-2.0
// ConsumerScript: a GroupShard with consumer groups driven by lines of text, for transcripts. What
// a command writes is told and committed at once. Partitions are written t:0+1,u:3; "-" is none.
//
//     topics NAME=N ...                       the topics there are from now on
//     settings [session=MS] [max=N] [policy=none] [interval=MS]
//     beat GROUP MEMBER EPOCH [topics=A,B] [regex=R] [owned=PARTITIONS] [instance=ID]
//          [timeout=MS] [assignor=NAME]       an epoch of 0 needs no more than topics or regex
//     join GROUP MEMBER topics=A,B [owned=PARTITIONS] [instance=ID]     the classic protocol's
//     sync GROUP MEMBER GENERATION [assign=PARTITIONS]
//     heartbeat|leave GROUP MEMBER GENERATION
//     commit GROUP MEMBER EPOCH PARTITIONS
//     time MS
//     restart                                 the log is replayed into a new shard
//     show GROUP
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/group/group_shard.h"

namespace barnabas::broker {

class ConsumerScript {
  public:
    ConsumerScript() { make_shard(); }
    // Gives what came of it, each line ended by '\n'.
    std::string run(const std::string& line);

  private:
    struct Words {
        std::vector<std::string> plain;
        std::map<std::string, std::string> named;
        std::string at(size_t index) const { return plain.at(index) == "-" ? "" : plain[index]; }
        std::optional<std::string> find(const std::string& name) const;
    };
    void make_shard();
    std::string topics(const Words& words);
    std::string settings(const Words& words);
    std::string beat(const Words& words);
    std::string join(const Words& words);
    std::string sync(const Words& words);
    std::string leave(const Words& words);
    std::string commit(const Words& words);
    std::string pass_time(int64_t ms);
    std::string restart();
    std::string show(const std::string& group) const;
    std::string tell(GroupEffects effects);
    std::string describe(const CoordinatorRecord& record) const;
    std::string shown(const PartitionSet& partitions) const;
    PartitionSet read(const std::string& text) const;
    GroupTime time() const;

    GroupLimits limits_;
    ConsumerGroupLimits consumer_limits_;
    ConsumerGroupSettings settings_;
    std::shared_ptr<const cluster::MetadataImage> image_ =
        std::make_shared<const cluster::MetadataImage>();
    std::unique_ptr<GroupShard> shard_;
    std::vector<CoordinatorRecord> log_;
    Nanos now_{};
    GroupTicket last_ticket_ = 0;
};

}  // namespace barnabas::broker
