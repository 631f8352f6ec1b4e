module barnabas/interop/matrix/harness

go 1.26.0
