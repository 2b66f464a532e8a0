package main

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// account is a service account for a program that runs outside the cluster.
type account struct{ types.NamespacedName }

func newAccount(namespace, name string) account {
	return account{types.NamespacedName{Namespace: namespace, Name: name}}
}

// writeKubeconfig writes the account's kubeconfig to path. It makes the
// account and its namespace if they are absent. The account gets no
// permission: those come with the manifests of the program.
func (a account) writeKubeconfig(ctx context.Context, path string, admin *rest.Config, client kubernetes.Interface) error {
	if err := a.create(ctx, client); err != nil {
		return fmt.Errorf("creating service account %s: %w", a, err)
	}
	config := rest.AnonymousClientConfig(admin)
	var err error
	if config.BearerToken, err = a.token(ctx, client); err != nil {
		return fmt.Errorf("requesting a token of service account %s: %w", a, err)
	}
	if err := writeKubeconfig(path, config, a.Namespace); err != nil {
		return fmt.Errorf("writing the kubeconfig of service account %s: %w", a, err)
	}
	return nil
}

// create makes the account and its namespace unless they exist.
func (a account) create(ctx context.Context, client kubernetes.Interface) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.Namespace}}
	_, err := client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		return err
	}
	object := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: a.Name}}
	_, err = client.CoreV1().ServiceAccounts(a.Namespace).Create(ctx, object, metav1.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// token is a new token of the account.
func (a account) token(ctx context.Context, client kubernetes.Interface) (string, error) {
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(lifetime.Seconds()))},
	}
	request, err := client.CoreV1().ServiceAccounts(a.Namespace).CreateToken(ctx, a.Name, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return request.Status.Token, nil
}

// await waits until the account exists.
func (a account) await(ctx context.Context, client kubernetes.Interface) error {
	return await(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(a.Namespace).Get(ctx, a.Name, metav1.GetOptions{})
		return err
	})
}
