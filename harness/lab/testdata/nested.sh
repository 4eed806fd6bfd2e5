cat <<END
KTAP version 1
1..2
    KTAP version 1
    # Subtest: suite
    1..2
    ok 1 first
    not ok 2 second
ok 1 suite
END
