package regulated

import data.weir

# METADATA
# title: Changes are signed
# description: >-
#   Each commit that wrote a part of the change is signed with an SSH key, the
#   newest one with that of a signer whom weir.yaml names. It holds where
#   limits.signedChanges is true: a forge that merges or squashes signs with a
#   key of its own.
# labels: {id: A006, severity: high}
# custom:
#   fix: "Sign your commits (git config gpg.format ssh, commit.gpgsign true), and have your key among approvals.signers in weir.yaml."
deny_signed_change contains finding if {
	weir.applies("regulated")
	weir.limit("signedChanges")
	input.operation in {"create", "reshape", "step", "promote", "remove"}
	some why in unsigned
	finding := {"msg": sprintf("commit %s: %s", [input.change.revision, why])}
}

unsigned contains "a part of the change is not signed" if input.change.signed == false

unsigned contains "the key that signed it is none of the signers that weir.yaml names" if {
	input.change.signed
	input.change.signer == ""
}
