# An agent that had not seen the newest commit made anew what another had removed.
# story v1 of seed 1043
{"Seed":1043,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0},"Alive":null,"Events":null}
23m0s      break        agent=1 b=3
1h20m0s    rename       agent=1 b=7
1h42m0s    clock        agent=1 a=46 b=5
