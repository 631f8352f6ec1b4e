// SPDX-License-Identifier: Apache-2.0
// GroupScript: a GroupShard driven by lines of text, for transcripts. Holds the log that the
// shard's writes would make, so that a restart can be played, and checks after each write that
// replaying it gives what is alive (G13).
//
//     limits [max=N] [delay=MS] [new=MS]      first of all: a new, empty shard
//     join GROUP [v=N] [member=ID] [instance=ID] [client=NAME] [session=MS] [rebalance=MS]
//          [type=T] [protocols=NAME:METADATA,...]
//     sync GROUP MEMBER GEN [instance=ID] [assign=MEMBER:BYTES,...] [type=T] [protocol=P]
//     heartbeat|commit GROUP MEMBER GEN [instance=ID]        MEMBER "-" is the empty id
//     leave GROUP MEMBER[/INSTANCE]...
//     written [ok|ERROR]                      the oldest write on its way ends
//     time MS                                 time passes
//     restart                                 the log is replayed into a new shard
//     abandon                                 everybody who waits is told to go elsewhere
//     show GROUP
//     matrix STATE                            what each request is answered in that state (G04)
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/group/group_shard.h"

namespace barnabas::broker {

class GroupScript {
  public:
    GroupScript() { reset(); }
    // Gives what came of it, each line ended by '\n'.
    std::string run(const std::string& line);

    GroupShard& shard() { return *shard_; }
    GroupTime time() const;

  private:
    // The words of a line: those with '=' by name, the others by position.
    struct Words {
        std::vector<std::string> plain;
        std::map<std::string, std::string> named;
        std::string get(const std::string& name, const std::string& fallback) const;
        std::optional<std::string> find(const std::string& name) const;
        int number(const std::string& name, int fallback) const;
    };
    static Words split(const std::string& line);

    void reset();
    std::string join(const Words& words);
    std::string sync(const Words& words);
    std::string heartbeat(const Words& words);
    std::string commit(const Words& words);
    std::string leave(const Words& words);
    std::string written(const Words& words);
    std::string pass_time(int64_t ms);
    std::string restart();
    std::string abandon();
    std::string show(const std::string& group) const;
    std::string matrix(const std::string& state) const;
    std::string tell(GroupEffects& effects);
    void check_replay() const;

    GroupLimits limits_;
    std::unique_ptr<GroupShard> shard_;
    std::vector<CoordinatorRecord> log_;
    std::deque<GroupWrite> writes_;
    Nanos now_{};
    GroupTicket last_ticket_ = 0;
    int last_id_ = 0;
};

}  // namespace barnabas::broker
