// SPDX-License-Identifier: Apache-2.0

// Many members of one consumer group in one process: `groups_driver BOOTSTRAP classic|consumer MEMBERS GROUP`.
// Each member has its own connection and does what client libraries do, with their default
// intervals, but nothing else: no threads, no fetching, no back-off. A topic with as many partitions
// as members is made first; the group has settled when every member has one of them. Prints the
// time from the first join to the last assignment.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	heartbeatInterval   = 3 * time.Second // heartbeat.interval.ms of the Java client
	rebalanceInProgress = 27
	unknownMember       = 25
	illegalGeneration   = 22
	memberIDRequired    = 79
	coordinatorLoading  = 14
	coordinatorNotThere = 15
	notCoordinator      = 16
)

var requests atomic.Int64

type connection struct {
	socket    net.Conn
	formatter *kmsg.RequestFormatter
	last      int32
}

func connect(bootstrap string) (*connection, error) {
	socket, err := net.Dial("tcp", bootstrap)
	if err != nil {
		return nil, err
	}
	return &connection{socket: socket, formatter: kmsg.NewRequestFormatter(kmsg.FormatterClientID("bench"))}, nil
}

func (c *connection) ask(request kmsg.Request) (kmsg.Response, error) {
	requests.Add(1)
	c.last++
	if _, err := c.socket.Write(c.formatter.AppendRequest(nil, request, c.last)); err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.socket, head); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head))
	if _, err := io.ReadFull(c.socket, body); err != nil {
		return nil, err
	}
	response := request.ResponseKind()
	response.SetVersion(request.GetVersion())
	body = body[4:] // the correlation id: one request at a time
	if response.IsFlexible() {
		body = body[1:] // no tags
	}
	return response, response.ReadFrom(body)
}

type group struct {
	bootstrap, name, topic string
	topicID                [16]byte
	size                   int

	lock   sync.Mutex
	owners map[int]int // member -> partition
	counts []int       // partitions of each member
	begin  time.Time
	last   time.Time
	done   chan struct{}
	over   bool
}

// A member has another assignment.
func (g *group) assigned(member int, partitions []int32) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.over {
		return
	}
	g.counts[member] = len(partitions)
	delete(g.owners, member)
	if len(partitions) == 1 {
		g.owners[member] = int(partitions[0])
	}
	if len(g.owners) != g.size {
		return
	}
	seen := map[int]bool{}
	for _, partition := range g.owners {
		seen[partition] = true
	}
	if len(seen) == g.size {
		g.last, g.over = time.Now(), true
		close(g.done)
	}
}

func fail(what string, problem any) {
	fmt.Fprintln(os.Stderr, what, problem)
	os.Exit(1)
}

func transient(code int16) bool {
	return code == coordinatorLoading || code == coordinatorNotThere || code == notCoordinator
}

// Makes the topic and the coordinator's, outside of the time that is measured.
func (g *group) prepare() {
	c, err := connect(g.bootstrap)
	if err != nil {
		fail("connect", err)
	}
	create := kmsg.NewPtrCreateTopicsRequest()
	create.Version = 7
	create.TimeoutMillis = 60000
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = g.topic, int32(g.size), 1
	create.Topics = append(create.Topics, topic)
	answer, err := c.ask(create)
	if err != nil {
		fail("CreateTopics", err)
	}
	created := answer.(*kmsg.CreateTopicsResponse).Topics[0]
	if created.ErrorCode != 0 {
		fail("CreateTopics", created.ErrorCode)
	}
	g.topicID = created.TopicID
	for {
		find := kmsg.NewPtrFindCoordinatorRequest()
		find.Version, find.CoordinatorKeys = 4, []string{g.name}
		found, err := c.ask(find)
		if err != nil {
			fail("FindCoordinator", err)
		}
		if found.(*kmsg.FindCoordinatorResponse).Coordinators[0].ErrorCode == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

type classicMember struct {
	group      *group
	number     int
	connection *connection
	id         string
	generation int32
	partitions []int32
}

// Joins until the assignment is there.
func (m *classicMember) rejoin() error {
	for {
		join := kmsg.NewPtrJoinGroupRequest()
		join.Version, join.Group, join.MemberID = 9, m.group.name, m.id
		join.SessionTimeoutMillis, join.RebalanceTimeoutMillis, join.ProtocolType = 45000, 300000, "consumer"
		protocol := kmsg.NewJoinGroupRequestProtocol()
		metadata := kmsg.NewConsumerMemberMetadata()
		metadata.Topics = []string{m.group.topic}
		protocol.Name, protocol.Metadata = "range", metadata.AppendTo(nil)
		join.Protocols = append(join.Protocols, protocol)
		answer, err := m.connection.ask(join)
		if err != nil {
			return err
		}
		joined := answer.(*kmsg.JoinGroupResponse)
		switch {
		case joined.ErrorCode == memberIDRequired:
			m.id = joined.MemberID
			continue
		case joined.ErrorCode == unknownMember:
			m.id = ""
			continue
		case joined.ErrorCode == rebalanceInProgress || transient(joined.ErrorCode):
			continue
		case joined.ErrorCode != 0:
			return fmt.Errorf("JoinGroup: error %d", joined.ErrorCode)
		}
		m.id, m.generation = joined.MemberID, joined.Generation
		again, err := m.sync(joined)
		if err != nil || !again {
			return err
		}
	}
}

// One partition for each member, as long as there are any.
func assign(topic string, size int, members []kmsg.JoinGroupResponseMember) []kmsg.SyncGroupRequestGroupAssignment {
	sort.Slice(members, func(a, b int) bool { return members[a].MemberID < members[b].MemberID })
	all := make([]kmsg.SyncGroupRequestGroupAssignment, len(members))
	for at, member := range members {
		owned := kmsg.NewConsumerMemberAssignmentTopic()
		owned.Topic = topic
		for partition := at; partition < size; partition += len(members) {
			owned.Partitions = append(owned.Partitions, int32(partition))
		}
		assignment := kmsg.NewConsumerMemberAssignment()
		assignment.Topics = append(assignment.Topics, owned)
		all[at] = kmsg.NewSyncGroupRequestGroupAssignment()
		all[at].MemberID, all[at].MemberAssignment = member.MemberID, assignment.AppendTo(nil)
	}
	return all
}

func (m *classicMember) sync(joined *kmsg.JoinGroupResponse) (again bool, err error) {
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Version, sync.Group, sync.Generation, sync.MemberID = 5, m.group.name, m.generation, m.id
	sync.ProtocolType, sync.Protocol = joined.ProtocolType, joined.Protocol
	if joined.LeaderID == m.id {
		sync.GroupAssignment = assign(m.group.topic, m.group.size, joined.Members)
	}
	answer, err := m.connection.ask(sync)
	if err != nil {
		return false, err
	}
	synced := answer.(*kmsg.SyncGroupResponse)
	switch synced.ErrorCode {
	case 0:
	case rebalanceInProgress, illegalGeneration, unknownMember, notCoordinator, coordinatorLoading:
		return true, nil
	default:
		return false, fmt.Errorf("SyncGroup: error %d", synced.ErrorCode)
	}
	assignment := kmsg.NewConsumerMemberAssignment()
	if err := assignment.ReadFrom(synced.MemberAssignment); err != nil {
		return false, err
	}
	m.partitions = nil
	for _, topic := range assignment.Topics {
		m.partitions = append(m.partitions, topic.Partitions...)
	}
	m.group.assigned(m.number, m.partitions)
	return false, nil
}

func (m *classicMember) run() error {
	if err := m.rejoin(); err != nil {
		return err
	}
	for {
		time.Sleep(heartbeatInterval)
		heartbeat := kmsg.NewPtrHeartbeatRequest()
		heartbeat.Version, heartbeat.Group, heartbeat.Generation, heartbeat.MemberID = 4, m.group.name, m.generation, m.id
		answer, err := m.connection.ask(heartbeat)
		if err != nil {
			return err
		}
		if answer.(*kmsg.HeartbeatResponse).ErrorCode == 0 {
			continue
		}
		if err := m.rejoin(); err != nil {
			return err
		}
	}
}

type consumerMember struct {
	group      *group
	number     int
	connection *connection
	id         string
	epoch      int32
	owned      []int32
}

func newID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (m *consumerMember) request(whole, tells bool) *kmsg.ConsumerGroupHeartbeatRequest {
	request := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	request.Version, request.Group, request.MemberID, request.MemberEpoch = 1, m.group.name, m.id, m.epoch
	if whole {
		request.RebalanceTimeoutMillis, request.SubscribedTopicNames = 300000, []string{m.group.topic}
		request.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	}
	if tells {
		topic := kmsg.NewConsumerGroupHeartbeatRequestTopic()
		topic.TopicID, topic.Partitions = m.group.topicID, m.owned
		request.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
		if len(m.owned) > 0 {
			request.Topics = append(request.Topics, topic)
		}
	}
	return request
}

// Whether the answer changed what is owned.
func (m *consumerMember) take(answer *kmsg.ConsumerGroupHeartbeatResponse) bool {
	m.epoch = answer.MemberEpoch
	if answer.Assignment == nil {
		return false
	}
	partitions := []int32{}
	for _, topic := range answer.Assignment.Topics {
		partitions = append(partitions, topic.Partitions...)
	}
	sort.Slice(partitions, func(a, b int) bool { return partitions[a] < partitions[b] })
	m.owned = partitions
	m.group.assigned(m.number, partitions)
	return true
}

// A change is told at once, everything else in the interval that the coordinator asks for.
func (m *consumerMember) run() error {
	whole, tells := true, false
	for {
		answer, err := m.connection.ask(m.request(whole, tells))
		if err != nil {
			return err
		}
		heard := answer.(*kmsg.ConsumerGroupHeartbeatResponse)
		if transient(heard.ErrorCode) {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if heard.ErrorCode != 0 {
			return fmt.Errorf("ConsumerGroupHeartbeat: error %d", heard.ErrorCode)
		}
		whole = false
		if tells = m.take(heard); !tells {
			time.Sleep(time.Duration(heard.HeartbeatIntervalMillis) * time.Millisecond)
		}
	}
}

func (g *group) start(protocol string, number int, ready *sync.WaitGroup, begin <-chan struct{}) {
	c, err := connect(g.bootstrap)
	if err != nil {
		fail("connect", err)
	}
	ready.Done()
	<-begin
	if protocol == "classic" {
		err = (&classicMember{group: g, number: number, connection: c}).run()
	} else {
		err = (&consumerMember{group: g, number: number, connection: c, id: newID()}).run()
	}
	g.lock.Lock()
	defer g.lock.Unlock()
	if !g.over {
		fail("member "+strconv.Itoa(number), err)
	}
}

func main() {
	size, err := strconv.Atoi(os.Args[3])
	if err != nil || size < 1 || (os.Args[2] != "classic" && os.Args[2] != "consumer") {
		fail("usage:", "groups_driver BOOTSTRAP classic|consumer MEMBERS GROUP")
	}
	g := &group{bootstrap: os.Args[1], name: os.Args[4], topic: os.Args[4], size: size, owners: map[int]int{},
		counts: make([]int, size), done: make(chan struct{})}
	g.prepare()
	var ready sync.WaitGroup
	ready.Add(size)
	begin := make(chan struct{})
	for number := 0; number < size; number++ {
		go g.start(os.Args[2], number, &ready, begin)
	}
	ready.Wait()
	requests.Store(0)
	g.begin = time.Now()
	close(begin)
	select {
	case <-g.done:
	case <-time.After(120 * time.Second):
		g.lock.Lock()
		fail("not settled after 120 s: members with one partition:", len(g.owners))
	}
	fmt.Printf("settled_ms %.1f requests %d\n", float64(g.last.Sub(g.begin).Microseconds())/1000, requests.Load())
}
