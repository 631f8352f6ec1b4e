module barnabas/libraries

go 1.23

require (
	github.com/testcontainers/testcontainers-go v0.37.0
	github.com/testcontainers/testcontainers-go/modules/kafka v0.37.0
)
