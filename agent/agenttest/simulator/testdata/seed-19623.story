# Who asked for the weights was forgotten where the branch could not be read at first.
# story v1 of seed 19623
{"Seed":19623,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0},"Alive":[],"Events":null}
4m0s       lost         on=journal a=7 b=7
4m0s       ask          a=42 b=60
42m0s      ask          a=5 b=14
58m0s      anew         a=4 b=39
